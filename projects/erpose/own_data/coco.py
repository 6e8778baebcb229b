"""Reads COCO files as annotation tools export them."""
import os
import re
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from erpose.annotations.annotation_report import AnnotationReport
from erpose.annotations.coco_file import load_annotation_file
from erpose.annotations.image_paths import find_images
from erpose.annotations.keypoint_categories import (
    Category,
    category_of,
    chosen_categories,
    has_label,
    only_category,
)

from .keypoints import Keypoints, describe
from .subset import Subset

PATTERNS = ('*.json', '*/_annotations.coco.json', '*/annotations.json',
            'annotations/*.json')
"""Usual paths of annotation files in the folder of a data set."""
FOR_ANNOTATIONS = ('annotations', 'annotation', 'labels', 'json', 'coco')
"""Usual names of annotation folders beside the image folders."""


def read_coco(source: Path, val: Optional[Path], images: Optional[Path],
              category: Optional[List[str]]
              ) -> Tuple[Keypoints, Optional[Category], List[Subset]]:
    """Reads the training set, and the validation set if there is one, without checks.

    Args:
        source (Path): Annotation file, or the folder of a data set.
        val (Path): The same for the validation set. Optional.
        images (Path): Folder of the images. Defaults to None: searched for.
        category (list[str]): Names or ids of categories that share their keypoints.
            Defaults to None: the only one with keypoints.

    Raises:
        FileNotFoundError, ValueError: If a file is missing, or if no category or more than
            one has keypoints. The message names file, cause and remedy.
    """
    files = [source] if source.is_file() else find_annotation_files(source)
    if val is not None:
        files[1:] = [val if val.is_file() else find_annotation_files(val)[0]]
    contents = [load_annotation_file(str(path)) for path in files]
    categories = {c['id']: c for c in contents[0]['categories']}
    chosen = _as_ids(category or [], categories)
    keypoints = _keypoints(contents[0], categories, chosen, str(files[0]))
    return keypoints, chosen[0] if len(chosen) == 1 else chosen or None, [
        Subset(str(path), images_folder(content['images'], path, images), content, path)
        for path, content in zip(files, contents)]


def find_annotation_files(folder: Path) -> List[Path]:
    """Finds the annotation files in a folder: training set, and validation set if any.

    Raises:
        ValueError: If there is no such file, or the choice is ambiguous.
    """
    files = sorted({path for pattern in PATTERNS for path in folder.glob(pattern)})
    if not files:
        raise ValueError(f'{folder} contains neither a data.yaml with kpt_shape (YOLO) nor '
                         'a COCO annotation file (annotations/*.json, '
                         'train/_annotations.coco.json). Pass the file itself')
    for likely in (Path.is_file, lambda path: 'keypoints' in path.name, _has_keypoints):
        left = list(filter(likely, files))
        roles = [_role(path.relative_to(folder)) for path in left]
        if len(left) == 1 or roles.count('train') == 1 and 'other' not in roles \
                and roles.count('val') < 2:
            by_role = dict(zip(roles, left))
            return [by_role[r] for r in ('train', 'val') if r in by_role] or left
    if not left:
        raise ValueError(f'{folder} contains {len(files)} JSON files, but none is a COCO '
                         f'file with labelled keypoints (for example {files[0].name}). '
                         'Export them as COCO keypoints')
    names = ', '.join(str(path.relative_to(folder)) for path in left[:6])
    raise ValueError(f'{folder} contains {len(left)} annotation files, and it is not clear '
                     f'which to train on: {names}. Pass the training set itself, and the '
                     'validation set with --val')


def images_folder(images: List[dict], ann_file: Path, given: Optional[Path]) -> Path:
    """Finds the folder to which the names of most images are relative.

    Args:
        images (list[dict]): Entries with ``id`` and ``file_name``.
        ann_file (Path): Their annotation file; folders near it are searched.
        given (Path): Folder to search instead. Optional.
    """
    places = [given] if given else _places(ann_file)
    for place in places:
        if images and all((place / image['file_name']).is_file() for image in images):
            return place
    counts: Dict[Path, int] = {}
    for place in places:
        found = find_images(images, str(place)).paths
        roots = [path[:-len(image['file_name'])] for image in images
                 for path in [found.get(image['id'], '')]
                 if path.replace(os.sep, '/').endswith('/' + image['file_name'])]
        exact = len(set(roots)) == 1 and len(roots) == len(found)
        counts.setdefault(Path(roots[0]) if exact else place, len(found))
    return max(counts, key=counts.__getitem__)


def _as_ids(words: List[str], categories: Dict[int, dict]) -> list:
    """Converts numeric words to ids, unless a category has that name."""
    names = {category.get('name') for category in categories.values()}
    return [int(w) if w.isdigit() and w not in names else w for w in words]


def _keypoints(content: dict, categories: Dict[int, dict], chosen: list,
               path: str) -> Keypoints:
    """Keypoints of the used category; their number must be that of the annotations."""
    annotations = [ann for ann in content['annotations'] if isinstance(ann, dict)]
    used = chosen_categories(categories, chosen, path) if chosen else only_category(
        categories, annotations, path)
    numbers = [len(ann['keypoints']) // 3 for ann in annotations
               if has_label(ann.get('keypoints')) and len(ann['keypoints']) % 3 == 0
               and (category_of(ann) in used or category_of(ann) not in categories)]
    if not numbers:
        report = AnnotationReport(path)
        report.total = len(annotations)
        raise report.refuse('train')
    category = categories[max(used, key=lambda i: bool(categories[i].get('keypoints')))]
    names = category.get('keypoints')
    names = names if isinstance(names, list) and names else None
    number = len(names) if names else numbers[0]
    other = next((n for n in numbers if n != number), number)
    if other != number:
        raise ValueError(
            f'{path}: annotations have {other} keypoints, but '
            + (f'category {category.get("name")!r} lists {number}' if names else
               f'others have {number}') + '. Correct the file, or export it again')
    return describe(number, names, category.get('skeleton'))


def _places(ann_file: Path) -> List[Path]:
    """Folders that may contain the images of an annotation file, the most likely first."""
    here = ann_file.parent
    places = [here, here / 'images']
    if here.name.lower() in FOR_ANNOTATIONS:
        split = re.search(r'(train|val|test)[a-z]*\d*', ann_file.stem.lower())
        names = [split.group(), split.group(1)] if split else []
        root = here.parent
        places += [folder / name for name in names for folder in (root / 'images', root)]
        places += [root / 'images', root]
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def _role(path: Path) -> str:
    """Role of a file, by its name and folder: 'train', 'val', 'test' or 'other'."""
    for name in (path.stem, *reversed(path.parts[:-1])):
        words: Sequence[str] = re.split(r'[^a-z]+', name.lower())
        for role, meant in (('train', ('train', 'training')), ('test', ('test', 'testing')),
                            ('val', ('val', 'valid', 'validation'))):
            if any(word in meant for word in words):
                return role
    return 'other'


def _has_keypoints(path: Path) -> bool:
    try:
        content = load_annotation_file(str(path))
    except (ValueError, OSError):
        return False
    return any(isinstance(ann, dict) and has_label(ann.get('keypoints'))
               for ann in content['annotations'])
