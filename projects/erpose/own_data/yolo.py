"""Reads YOLO-pose data sets: a data.yaml, images, and label files in COCO's format."""
import os
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import yaml

from erpose.annotations.image_sizes import read_header

from .keypoints import Keypoints, describe
from .subset import Subset
from .yolo_labels import Row, read_rows
from .yolo_paths import find_yolo_images, label_file


class LabelledImage(NamedTuple):
    """An image and its label file.

    Attributes:
        path (Path): Of the image.
        rows (list[Row]): Usable ones; empty where there is no label file.
        broken (bool): Whether a row could not be used.
    """
    path: Path
    rows: List[Row]
    broken: bool


def read_yolo(source: Path, val: Optional[Path], images: Optional[Path],
              category: Optional[List[str]]) -> Tuple[Keypoints, List[Subset]]:
    """A training set in COCO's format, and a validation set if there is one.

    Args:
        source (Path): The data.yaml.
        val (Path): Folder or list of the images to validate on, instead of the file's.
            Optional.
        images (Path): Folder of the data set, instead of the file's ``path``. Optional.
        category (list[str]): Names or numbers of classes, which become one. Defaults to
            None: the only one that has keypoints.

    Returns:
        tuple[Keypoints, list[Subset]]: The sets are not checked yet.

    Raises:
        FileNotFoundError, ValueError: If something is missing or wrong. It names the file,
            the cause and the remedy.
    """
    info = _load(source)
    shape, flips, names = _shape(info, source), _flips(info, source), _class_names(info)
    entries = dict(train=info.get('train'),
                   val=str(val.absolute()) if val else info.get('val'))
    if not entries['train']:
        raise ValueError(f'{source} names no images. Add train: images/train')
    found, notes = {}, {}
    for role, entry in entries.items():
        if entry:
            paths, missing = find_yolo_images(entry, info.get('path'), source, images)
            found[role], broken = _read(paths, shape, names, source)
            notes[role] = missing + _skipped(broken)
    used = _classes(found['train'], names, category, source)
    keypoints = describe(shape[0], _keypoint_names(info, shape[0], used[0], names),
                         info.get('skeleton'), flips)
    return keypoints, [_subset(f'{source} ({role})', part, used, names, keypoints,
                               notes[role]) for role, part in found.items()]


def _load(path: Path) -> dict:
    try:
        info = yaml.safe_load(path.read_text(encoding='utf-8-sig'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = ' '.join(str(error).split())
        raise ValueError(f'{path} is not YAML: {said}. Write paths with / or in single '
                         "quotes: 'C:\\data'") from None
    if not isinstance(info, dict):
        raise ValueError(f'{path} is no description of a YOLO data set: expected train, '
                         'val, kpt_shape and names')
    if not isinstance(info.get('path', ''), str):
        info['path'] = None
    return info


def _shape(info: dict, path: Path) -> Tuple[int, int]:
    shape = info.get('kpt_shape')
    if (isinstance(shape, list) and len(shape) == 2
            and all(isinstance(n, int) for n in shape)
            and shape[0] > 0 and shape[1] in (2, 3)):
        return shape[0], shape[1]
    said = 'has no kpt_shape' if shape is None else f'has kpt_shape: {str(shape)[:40]}'
    raise ValueError(f'{path} {said}: expected kpt_shape: [K, 3], the number of keypoints '
                     'and 3 for x, y, v or 2 for x, y. A data set of boxes has none')


def _flips(info: dict, path: Path) -> Optional[List[int]]:
    flips = info.get('flip_idx')
    if not flips:
        return None
    number = info['kpt_shape'][0]
    if (isinstance(flips, list) and all(isinstance(k, int) for k in flips)
            and sorted(flips) == list(range(number))
            and all(flips[k] == i for i, k in enumerate(flips))):
        return flips
    raise ValueError(f'{path}: flip_idx is {str(flips)[:80]}: expected for each of the '
                     f'{number} keypoints the number of its mirror image, from 0 (its own, '
                     'if it has no side). Correct it, or delete the line')


def _class_names(info: dict) -> List[str]:
    names = info.get('names') or []
    if isinstance(names, dict):
        numbers = [k for k in names if isinstance(k, int)]
        return [str(names.get(k, k)) for k in range(max(numbers, default=-1) + 1)]
    return [str(n) for n in names] if isinstance(names, list) else [str(names)]


def _keypoint_names(info: dict, number: int, class_id: int, classes: List[str]
                    ) -> Optional[list]:
    """Of the class, where the names are by class; None if there are not K."""
    names = info.get('kpt_names') or info.get('keypoint_names')
    if isinstance(names, dict):
        called = classes[class_id] if class_id < len(classes) else None
        names = names.get(class_id, names.get(called, names))
    return names if isinstance(names, list) and len(names) == number else None


def _read(paths: List[Path], shape: Tuple[int, int], names: List[str], source: Path
          ) -> Tuple[List[LabelledImage], List[str]]:
    """Images with their rows, and what is wrong with rows."""
    images, problems, files = [], [], 0
    for path in paths:
        labels = label_file(path)
        files += labels.is_file()
        rows, wrong = read_rows(labels, shape, names) if labels.is_file() else ([], [])
        images.append(LabelledImage(path, rows, bool(wrong)))
        problems += wrong
    if not files:
        raise FileNotFoundError(
            f'{source}: none of {len(images)} images has a label file: {paths[0]} wants '
            f'{label_file(paths[0])}. Put the label files there')
    if problems and not any(image.rows for image in images):
        raise ValueError(f'{source}: all {len(problems)} rows of its label files are '
                         f'broken. Correct them or kpt_shape; {problems[0]}')
    return images, problems


def _skipped(problems: List[str]) -> List[str]:
    more = [f'  and {len(problems) - 5} more'] if len(problems) > 5 else []
    return [f'skipped {len(problems)} broken rows:', *(f'  {p}' for p in problems[:5]),
            *more] if problems else []


def _classes(images: List[LabelledImage], names: List[str], category: Optional[List[str]],
             source: Path) -> List[int]:
    """Numbers of the classes whose rows are used."""
    counts = Counter(row.class_id for image in images for row in image.rows if row.labelled)
    called = {i: names[i] if i < len(names) else str(i) for i in sorted(counts)}
    there = ', '.join(f'{called[i]!r} with {counts[i]} labelled rows' for i in called)
    used = [names.index(word) if word in names else int(word) if word.isdigit() else -1
            for word in category or []] or list(called)
    for i, word in zip(used, category or []):
        if i not in counts:
            raise ValueError(f'{source} has no class {word!r} with keypoints; it has '
                             f'{there or "none"}')
    if not counts:
        raise ValueError(f'{source}: no row of its label files has a labelled keypoint. '
                         'Label some, or check kpt_shape')
    if len(used) > 1 and not category:
        raise ValueError(f'{source} has keypoints in {len(counts)} classes: {there}. '
                         f'Choose with --category {called[used[0]]!r}; given for several, '
                         'they become one')
    return used


def _subset(source: str, images: List[LabelledImage], used: List[int], names: List[str],
            keypoints: Keypoints, notes: List[str]) -> Subset:
    root = Path(os.path.commonpath([image.path.parent.absolute() for image in images]))
    content: Dict[str, list] = dict(images=[], annotations=[], categories=[dict(
        id=1, name=names[used[0]] if used[0] < len(names) else 'object',
        keypoints=keypoints.names, skeleton=[[a + 1, b + 1] for a, b in keypoints.limbs])])
    unreadable = []
    for number, image in enumerate(images, 1):
        rows = [row for row in image.rows if row.class_id in used]
        if image.broken and not rows:  # it may show individuals: no image without them
            continue
        header = read_header(str(image.path))
        if header is None:
            unreadable.append(str(image.path))
            continue
        name = image.path.absolute().relative_to(root).as_posix()
        content['images'].append(
            dict(id=number, file_name=name, width=header.width, height=header.height))
        content['annotations'] += [
            dict(id=len(content['annotations']) + i, image_id=number, category_id=1,
                 **row.annotation(*header.size, len(keypoints.names)))
            for i, row in enumerate(rows, 1)]
    if unreadable:
        notes = [*notes, f'skipped {len(unreadable)} images that cannot be read, for '
                         f'example {unreadable[0]}']
    return Subset(source, root, content, negatives=True, notes=notes)
