"""Reads YOLO-pose data sets as annotations in COCO's format."""
import os
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

from erpose.annotations.image_sizes import read_header

from .keypoints import Keypoints, describe
from .subset import Subset
from .yolo_labels import Row, read_rows
from .yolo_paths import find_yolo_images, label_file
from .yolo_yaml import Description, read_description


class LabelledImage(NamedTuple):
    """An image and the rows of its label file.

    Attributes:
        path (Path): Path of the image.
        rows (list[Row]): Usable rows; empty without a label file.
        broken (bool): Whether a row cannot be used.
    """
    path: Path
    rows: List[Row]
    broken: bool


def read_yolo(source: Path, val: Optional[Path], images: Optional[Path],
              category: Optional[List[str]]) -> Tuple[Keypoints, List[Subset]]:
    """Reads the training set, and the validation set if there is one, in COCO's format.

    Args:
        source (Path): The data.yaml.
        val (Path): Folder or list of validation images, instead of ``val`` in the file.
            Optional.
        images (Path): Folder of the data set, instead of ``path`` in the file. Optional.
        category (list[str]): Names or numbers of classes, which are merged. Defaults to
            None: the only one with keypoints.

    Returns:
        tuple[Keypoints, list[Subset]]: The keypoints and the unchecked sets.

    Raises:
        FileNotFoundError, ValueError: If something is missing or wrong. The message names
            the file, the cause and the remedy.
    """
    info = read_description(source)
    entries = dict(train=info.train, val=str(val.absolute()) if val else info.val)
    found: Dict[str, List[LabelledImage]] = {}
    notes: Dict[str, List[str]] = {}
    for role, entry in entries.items():
        if entry is not None:
            paths, missing = find_yolo_images(entry, info.root, source, images)
            found[role], broken = _read(paths, info)
            notes[role] = missing + _skipped(broken)
    used = _used_classes(found['train'], category, info)
    keypoints = describe(info.shape[0], info.names_of(used[0]), info.skeleton, info.flips)
    return keypoints, [
        _subset(f'{source} ({role})', part, used, info.classes[used[0]], keypoints,
                notes[role]) for role, part in found.items()]


def _read(paths: List[Path], info: Description) -> Tuple[List[LabelledImage], List[str]]:
    """Images with their rows, and messages about broken rows."""
    images: List[LabelledImage] = []
    problems: List[str] = []
    files = 0
    for path in paths:
        labels = label_file(path)
        exists = labels.is_file()
        files += exists
        rows, wrong = read_rows(labels, info.shape, info.classes) if exists else ([], [])
        images.append(LabelledImage(path, rows, bool(wrong)))
        problems += wrong
    if not files:
        raise FileNotFoundError(
            f'{info.file}: none of the {len(images)} images has a label file. The label '
            f'file of {paths[0]} must be {label_file(paths[0])}')
    if problems and not any(image.rows for image in images):
        raise ValueError(f'{info.file}: all {len(problems)} rows of its label files are '
                         f'broken. Correct them or kpt_shape. The first is {problems[0]}')
    return images, problems


def _skipped(problems: List[str]) -> List[str]:
    more = [f'  and {len(problems) - 5} more'] if len(problems) > 5 else []
    return [f'skipped {len(problems)} broken rows:', *(f'  {p}' for p in problems[:5]),
            *more] if problems else []


def _used_classes(images: List[LabelledImage], category: Optional[List[str]],
                  info: Description) -> List[int]:
    """Numbers of the classes whose rows are used."""
    counts = Counter(row.class_id for image in images for row in image.rows if row.labelled)
    names = info.classes
    found = ', '.join(f'{names[i]!r} with {n} labelled rows'
                      for i, n in sorted(counts.items()))
    numbers = {**{str(i): i for i in names}, **{name: i for i, name in names.items()}}
    for word in category or []:
        if not counts[numbers.get(word, -1)]:
            raise ValueError(f'{info.file} has no class {word!r} with keypoints: choose '
                             f'one of {found or "none"}')
    if not counts:
        raise ValueError(f'{info.file}: no row of its label files has a labelled keypoint. '
                         'Label keypoints, or check kpt_shape')
    used = [numbers[word] for word in category] if category else sorted(counts)
    if len(used) > 1 and not category:
        raise ValueError(f'{info.file} has keypoints in {len(counts)} classes: {found}. '
                         f'Choose one with --category {names[used[0]]!r}, or repeat the '
                         'option to merge several')
    return used


def _subset(source: str, images: List[LabelledImage], used: List[int], category: str,
            keypoints: Keypoints, notes: List[str]) -> Subset:
    root = Path(os.path.commonpath([image.path.parent.absolute() for image in images]))
    content: Dict[str, list] = dict(images=[], annotations=[], categories=[dict(
        id=1, name=category, keypoints=keypoints.names,
        skeleton=[[a + 1, b + 1] for a, b in keypoints.limbs])])
    unreadable = []
    for number, image in enumerate(images, 1):
        rows = [row for row in image.rows if row.class_id in used]
        if image.broken and not rows:  # not a negative: it may show individuals
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
