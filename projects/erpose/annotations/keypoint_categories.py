"""Selects the category whose keypoints are used, and reorders its keypoints."""
from collections import Counter
from typing import Any, Dict, List, Optional, Sequence, Union

from erpose.imaging.keypoint_names import plain_name

from .annotation_report import AnnotationReport

Category = Union[int, str, Sequence[Union[int, str]]]


def select_annotations(content: dict, names: Sequence[str], category: Optional[Category],
                       report: AnnotationReport) -> List[dict]:
    """Selects the annotations of the category with keypoints, in the metainfo's order.

    A category has keypoints if it lists them, or if one of its annotations has a labelled
    keypoint. Annotations with an unlisted category are kept.

    Args:
        content (dict): Content of the file, as :func:`load_annotation_file` returns it.
        names (list[str]): Names of the metainfo's keypoints, in order.
        category (int | str | Sequence): Name or id of the category, or a list of
            categories that share their keypoints. None: the only one with keypoints.
        report (AnnotationReport): Receives what is dropped or reordered.

    Raises:
        ValueError: If several categories have keypoints and none is chosen, if the chosen
            one does not exist, or if its keypoints do not fit the metainfo.
    """
    categories = {c['id']: c for c in content['categories']}
    annotations = content['annotations']
    if category is None:
        used = only_category(categories, annotations, report.path)
    else:
        used = chosen_categories(categories, category, report.path)
    orders: Dict[Optional[int], Optional[list]] = {
        i: _order(categories[i], names, report) for i in used}
    kept: List[dict] = []
    dropped: Counter[int] = Counter()
    for ann in annotations:
        own = category_of(ann)
        if own in used or own is None or (category is None and own not in categories):
            _reorder(ann, orders.get(own))
            kept.append(ann)
        else:
            dropped[own] += 1
    for i, number in dropped.items():
        why = 'has no keypoints' if category is None else 'is not the chosen one'
        report.skipped[f'annotation: its category {_called(categories, i)} {why}'] += number
    return kept


def only_category(categories: Dict[int, dict], annotations: list, path: str) -> List[int]:
    """Ids of the category with keypoints, or of all categories if none has any.

    Raises:
        ValueError: If several have labelled keypoints. The message lists them.
    """
    labelled = Counter(
        own for ann in annotations for own in [category_of(ann)]
        if own in categories and has_label(ann.get('keypoints')))
    carrying = [i for i in categories if labelled[i]] or [
        i for i in categories if _keypoint_names(categories[i])]
    if len(labelled) > 1:
        found = '; '.join(
            f'{_called(categories, i)} with {labelled[i]} labelled annotations and '
            f'{len(_keypoint_names(categories[i]) or ()) or "unnamed"} keypoints'
            for i in carrying)
        name = categories[carrying[0]].get('name', carrying[0])
        raise ValueError(
            f'{path} has keypoints in {len(carrying)} categories: {found}. Choose one with '
            f'category={name!r} in KeypointDataset and PoseMetric (--category {name!r} of '
            '`erpose init`), or pass a list of categories that share their keypoints')
    return carrying or list(categories)


def chosen_categories(categories: Dict[int, dict], category: Category,
                      path: str) -> List[int]:
    """Ids of the categories with these names or ids.

    Raises:
        ValueError: If one does not exist. The message lists the existing ones.
    """
    wanted = [category] if isinstance(category, (int, str)) else list(category)
    used = []
    for choice in wanted:
        found = [i for i, c in categories.items() if choice in (i, c.get('name'))]
        if not found:
            names = ', '.join(_called(categories, i) for i in categories)
            raise ValueError(f'{path} has no category {choice!r}: choose one of {names}')
        used += found
    return used


def _order(category: dict, names: Sequence[str],
           report: AnnotationReport) -> Optional[list]:
    """Index in the file of each keypoint of the metainfo, None if the order is the same."""
    stated = _keypoint_names(category)
    if stated is None or stated == list(names):
        return None
    if len(stated) != len(names):
        raise ValueError(
            f'{report.path}: category {category.get("name")!r} has {len(stated)} keypoints '
            f'({_few(stated)}), but the metainfo defines {len(names)} ({_few(names)}). '
            'Use the metainfo of this annotation file')
    plain, wanted = [plain_name(n) for n in stated], [plain_name(n) for n in names]
    if plain == wanted:
        return None
    if sorted(plain) == sorted(wanted) and len(set(plain)) == len(plain):
        report.note('keypoints are reordered: the file has '
                    f'{_few(stated)}, the metainfo {_few(names)}')
        return [plain.index(name) for name in wanted]
    moved = [f'{n} has index {plain.index(w)} in the file but {k} in the metainfo'
             for k, (n, w) in enumerate(zip(names, wanted))
             if w in plain and plain.index(w) != k]
    other = [k for k, (a, b) in enumerate(zip(plain, wanted)) if a != b]
    report.note(
        'keypoints have other names than in the metainfo and keep the order of the file: '
        f'{_few([stated[k] for k in other])} in the file, '
        f'{_few([names[k] for k in other])} in the metainfo'
        + (f'. The order looks wrong: {moved[0]}' if moved else ''))
    return None


def _keypoint_names(category: dict) -> Optional[List[str]]:
    names = category.get('keypoints')
    if isinstance(names, list) and names and all(isinstance(n, str) for n in names):
        return names
    return None


def has_label(values: Any) -> bool:
    """Whether a list x, y, v, … has a labelled keypoint."""
    return isinstance(values, list) and any(
        isinstance(v, (int, float)) and v > 0 for v in values[2::3])


def _reorder(ann: Any, order: Optional[list]) -> None:
    values = ann.get('keypoints') if isinstance(ann, dict) else None
    if order and isinstance(values, list) and len(values) == 3 * len(order):
        ann['keypoints'] = [v for k in order for v in values[3 * k:3 * k + 3]]


def category_of(ann: Any) -> Optional[int]:
    """Id of an annotation's category, None if it is missing or not an integer."""
    own = ann.get('category_id') if isinstance(ann, dict) else None
    return own if isinstance(own, int) and not isinstance(own, bool) else None


def _called(categories: Dict[int, dict], category_id: int) -> str:
    name = categories.get(category_id, {}).get('name')
    return f'{category_id}' if name is None else f'{str(name)[:40]!r} (id {category_id})'


def _few(names: Sequence[str], most: int = 6) -> str:
    more = f' … ({len(names)})' if len(names) > most else ''
    return ', '.join(str(n)[:40] for n in names[:most]) + more
