"""Reads what annotation tools export in COCO's format."""
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
"""Where tools put annotation files in the folder of a data set."""
FOR_ANNOTATIONS = ('annotations', 'annotation', 'labels', 'json', 'coco')
"""Folders beside those of the images."""


def read_coco(source: Path, val: Optional[Path], images: Optional[Path],
              category: Optional[List[str]]
              ) -> Tuple[Keypoints, Optional[Category], List[Subset]]:
    """A training set, and a validation set if there is one; neither is checked yet.

    Args:
        source (Path): Annotation file, or the folder of a data set.
        val (Path): The same of the validation set. Optional.
        images (Path): Folder of the images. Defaults to None: looked for.
        category (list[str]): Names or ids of categories that share their keypoints.
            Defaults to None: the only one that has any.

    Raises:
        FileNotFoundError, ValueError: If there are no such files, or they have no
            keypoints, or of several categories. It names file, cause and remedy.
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
    """The annotation file of the training set in a folder, then that of validation, if any.

    Raises:
        ValueError: If there is none, or it is not clear which are meant.
    """
    files = sorted({path for pattern in PATTERNS for path in folder.glob(pattern)})
    if not files:
        raise ValueError(f'{folder} holds no data set: neither a data.yaml with kpt_shape '
                         '(YOLO) nor an annotation file of COCO (annotations/*.json, '
                         'train/_annotations.coco.json). Name the file itself')
    for likely in (Path.is_file, lambda path: 'keypoints' in path.name, _has_keypoints):
        left = list(filter(likely, files))
        roles = [_role(path.relative_to(folder)) for path in left]
        if len(left) == 1 or roles.count('train') == 1 and 'other' not in roles \
                and roles.count('val') < 2:
            by_role = dict(zip(roles, left))
            return [by_role[r] for r in ('train', 'val') if r in by_role] or left
    if not left:
        raise ValueError(f'{folder} holds {len(files)} JSON files, and none is a COCO file '
                         f'with labelled keypoints, {files[0].name} for example. Export '
                         'them as COCO keypoints')
    there = ', '.join(str(path.relative_to(folder)) for path in left[:6])
    raise ValueError(f'{folder} holds {len(left)} annotation files, and it is not clear '
                     f'which to train on: {there}. Name the file itself, and the one to '
                     'validate on with --val')


def images_folder(images: List[dict], ann_file: Path, given: Optional[Path]) -> Path:
    """The folder to which the names of the images are relative, as far as they are there.

    Args:
        images (list[dict]): With ``id`` and ``file_name``.
        ann_file (Path): Their annotation file. They are looked for beside it.
        given (Path): Where to look instead. Optional.
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
    """Numbers for words that are numbers, unless a category is called so."""
    names = {category.get('name') for category in categories.values()}
    return [int(w) if w.isdigit() and w not in names else w for w in words]


def _keypoints(content: dict, categories: Dict[int, dict], chosen: list,
               path: str) -> Keypoints:
    """Of the category that has some; their number is that of the annotations."""
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
            f'{path}: annotations have {other} keypoints, '
            + (f'category {category.get("name")!r} names {number}' if names else
               f'others {number}') + '. Correct the file, or export it again')
    return describe(number, names, category.get('skeleton'))


def _places(ann_file: Path) -> List[Path]:
    """Folders where an annotation file's images may be, the likeliest first."""
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
    """train, val, test or other, by the names of a file and its folder."""
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
