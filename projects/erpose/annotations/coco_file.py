"""Reads COCO-style annotation files, checks them and completes them from the keypoints."""
import json
import math
import os.path as osp
from typing import Any, Optional, Set, Tuple, TypeGuard

import numpy as np

from .annotation_report import AnnotationReport
from .impossible_labels import clear_impossible_labels, refuse_fractions
from .keypoint_boxes import keypoint_boxes
from .keypoint_categories import Category, select_annotations

MAX_COORDINATE = 1e6
"""In pixels. Up to this value, float32 is exact to 1/16 pixel."""
MAX_ID = 2**53
"""The evaluation stores ids as float64."""


def load_annotation_file(path: str) -> dict:
    """Reads a COCO-style JSON file and checks its structure.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the file is not a COCO-style annotation file. The message says what
            is wrong and what is expected.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'annotation file not found: {path}. Check data_root and ann_file.')
    try:
        with open(path, 'rb') as file:
            data = file.read()
        if data[:2] in (b'\x1f\x8b', b'PK'):
            raise ValueError('it is compressed. Unpack it')
        content = json.loads(data)  # UTF-8, 16 or 32, by its first bytes
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{path} is not a JSON file: {error}') from error
    for key in ('images', 'annotations'):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise ValueError(f'{path} has no list "{key}": expected a COCO-style '
                             'annotation file with "images" and "annotations"')
    ids = set()
    for i, image in enumerate(content['images']):
        problem = _image_problem(image)
        if problem:
            raise ValueError(f'{path}: images[{i}] {problem}')
        if image['id'] in ids:
            raise ValueError(f'{path}: several images have the id {image["id"]}')
        ids.add(image['id'])
    if not content.get('categories'):
        content['categories'] = [dict(id=1, name='person')]
    categories = content['categories']
    if not isinstance(categories, list) or not all(
            isinstance(c, dict) and is_id(c.get('id')) for c in categories):
        raise ValueError(f'{path}: "categories" must be a list of objects with an integer '
                         '"id"')
    return content


def is_id(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_ID


def is_number(value: Any, limit: float = MAX_COORDINATE) -> TypeGuard[float]:
    """Whether a JSON value is a number, not NaN, and within the limit."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            and abs(value) <= limit)


def load_annotations(path: str, metainfo: dict, category: Optional[Category] = None,
                     use: str = 'test') -> Tuple[dict, AnnotationReport]:
    """Reads an annotation file, completes usable annotations and drops the others.

    Args:
        path (str): The file.
        metainfo (dict): Metainfo as :func:`parse_metainfo` returns it.
        category (int | str | Sequence): See :func:`select_annotations`. Defaults to None.
        use (str): 'train' or 'test', for the message. Defaults to 'test'.

    Returns:
        tuple[dict, AnnotationReport]: The content, and a report on it.

    Raises:
        FileNotFoundError, ValueError: See :func:`load_annotation_file` and
            :func:`complete_annotations`. The message names the file.
    """
    content, report = load_annotation_file(path), AnnotationReport(path)
    complete_annotations(content, metainfo, category, report, use)
    return content, report


def complete_annotations(content: dict, metainfo: dict, category: Optional[Category],
                         report: AnnotationReport, use: str = 'test') -> None:
    """Completes usable annotations of a file and drops the others, in place.

    Annotations are renumbered unless their ids are unique and positive, as the evaluation
    needs them. Of several annotations with identical keypoints in an image, one is kept.

    Raises:
        ValueError: If no annotation has a labelled keypoint, if coordinates are fractions,
            or as in :func:`select_annotations` and :func:`complete_annotation`.
    """
    report.total = len(content['annotations'])
    number = metainfo['num_keypoints']
    names = metainfo.get('keypoint_id2name', {})
    sizes = {i['id']: (i['width'], i['height']) for i in content['images'] if 'width' in i}
    kept, seen = [], set()
    for ann in select_annotations(content, [names.get(k, str(k)) for k in range(number)],
                                  category, report):
        derived: Set[str] = set()
        image_id = ann.get('image_id') if isinstance(ann, dict) else None
        size = sizes.get(image_id) if is_id(image_id) else None
        try:
            reason = complete_annotation(ann, number, derived, size, report)
        except ValueError as error:
            raise ValueError(f'{report.path}: {error}') from None
        if reason is None and ann['num_keypoints'] and not ann['iscrowd']:
            person = image_id, tuple(ann['keypoints'])
            reason = 'it repeats the keypoints of another one' * (person in seen)
            seen.add(person)
        if reason:
            report.skipped[f'annotation: {reason}'] += 1
            if is_id(image_id):
                report.unlabelled_images.add(image_id)
            continue
        report.derived.update(derived)
        kept.append(ann)
    if not seen:
        raise report.refuse(use)
    refuse_fractions((values for _, values in seen), report.path)
    ids = [ann.get('id') for ann in kept]
    if not all(is_id(i) and i > 0 for i in ids) or len(set(ids)) < len(ids):
        for i, ann in enumerate(kept):
            ann['id'] = i + 1
    content['annotations'] = kept


def complete_annotation(ann: dict, num_keypoints: int, derived: set,
                        size: Optional[Tuple[int, int]] = None,
                        report: Optional[AnnotationReport] = None) -> Optional[str]:
    """Checks an annotation and derives missing fields from its keypoints, in place.

    Missing ``bbox``, ``area``, ``iscrowd`` and ``category_id`` are filled in. If keypoints
    are labelled, an empty ``bbox`` or ``area`` is replaced, as is an ``area`` larger than
    the box or the image. ``num_keypoints`` is counted. Keypoints that are not labelled or
    impossible become 0, 0, 0.

    Args:
        ann (dict): The annotation.
        num_keypoints (int): K of the metainfo.
        derived (set): Receives the names of derived fields.
        size (tuple[int, int]): Width and height of the image in pixels, if the file states
            them.
        report (AnnotationReport): Receives counts of corrections. Optional.

    Returns:
        str | None: Why the annotation cannot be used, None if it can.

    Raises:
        ValueError: If the number of keypoints is not K, so that the file does not belong to
            the metainfo.
    """
    if not isinstance(ann, dict) or not is_id(ann.get('image_id')):
        return 'no integer image_id'
    report = report or AnnotationReport('')
    _fill(ann, category_id=1, iscrowd=0, keypoints=[0] * 3 * num_keypoints, bbox=None)
    if not is_id(ann['category_id']):
        return 'category_id is not an integer'
    if ann['iscrowd'] not in (0, 1):
        return 'iscrowd is not 0 or 1'
    reason = _keypoints_problem(ann, num_keypoints)
    if reason:
        return reason
    clear_impossible_labels(ann['keypoints'], size, report)
    ann['num_keypoints'] = sum(v > 0 for v in ann['keypoints'][2::3])
    if not isinstance(ann.get('segmentation'), (list, dict)):
        ann['segmentation'] = []  # MMPose concatenates them and fails on None
    return _complete_box(ann, size, derived, report)


def _keypoints_problem(ann: dict, num_keypoints: int) -> Optional[str]:
    """Why the keypoints cannot be used, if so. Unlabelled coordinates become 0."""
    values = ann['keypoints']
    if not isinstance(values, list):
        return 'keypoints are not a list of numbers'
    if len(values) % 3 == 0:
        values = ann['keypoints'] = [v for k in range(0, len(values), 3)
                                     for v in _labelled_or_zero(*values[k:k + 3])]
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return 'keypoints are not a list of numbers'
    if len(values) % 3:
        return 'the number of keypoint values is not a multiple of 3'
    if len(values) != 3 * num_keypoints:
        raise ValueError(
            f'annotation {str(ann.get("id"))[:40]} of image {ann["image_id"]} has '
            f'{len(values) // 3} keypoints, but the metainfo defines {num_keypoints}. Use '
            'the metainfo of this annotation file')
    if not all(map(is_number, values)):
        return f'keypoints are NaN or infinite, or beyond {MAX_COORDINATE:.0f} pixels'
    if not all(v in (0, 1, 2) for v in values[2::3]):
        return 'a keypoint\'s visibility is not 0, 1 or 2'
    return None


def _labelled_or_zero(x: Any, y: Any, v: Any) -> tuple:
    unlabelled = v == 0 if isinstance(v, (int, float)) else (x, y, v) == (None, ) * 3
    return (0, 0, 0) if unlabelled and v is not False else (x, y, v)


def _fill(ann: dict, **defaults: Any) -> None:
    """Sets defaults for fields that are missing, null or an empty list."""
    for key, value in defaults.items():
        if ann.get(key) is None or ann[key] == []:
            ann[key] = value


def _complete_box(ann: dict, size: Optional[Tuple[int, int]], derived: set,
                  report: AnnotationReport) -> Optional[str]:
    box, area, labelled = ann.get('bbox'), ann.get('area'), ann['num_keypoints']
    if box is not None and not (isinstance(box, list) and len(box) == 4
                                and all(map(is_number, box))):
        return 'bbox is not four finite numbers'
    if area is not None and not is_number(area, math.inf):
        return 'area is not a finite number'
    empty = box is None or min(box[2:]) <= 0
    if empty and not labelled:
        return 'it has neither keypoints nor a box'
    own_box, own_area = _derived_box(ann['keypoints'])
    if empty:
        ann['bbox'] = own_box
        derived.add('bbox')
    if area is None or (labelled and area < 1):  # less than a pixel
        ann['area'] = own_area
        derived.add('area')
        return None
    largest = size or (MAX_COORDINATE, MAX_COORDINATE)
    for what, sides in (('box', box[2:] if box and not empty else None),
                        ('image', largest)):
        # allow one pixel per side for RLE masks and rounded boxes
        if sides and area > (sides[0] + 2) * (sides[1] + 2):
            report.count(f'areas are larger than their {what}: derived from the keypoints')
            ann['area'] = own_area if labelled else float(np.prod(ann['bbox'][2:]))
            break
    return None


def _derived_box(values: list) -> Tuple[list, float]:
    """Box xywh and area of the labelled keypoints."""
    points = np.asarray(values, dtype=np.float64).reshape(1, -1, 3)
    boxes, areas = keypoint_boxes(points[..., :2], points[..., 2] > 0)
    x1, y1, x2, y2 = boxes[0].tolist()
    return [x1, y1, x2 - x1, y2 - y1], float(areas[0])


def _image_problem(image: Any) -> Optional[str]:
    """Why an entry of "images" cannot be used, if so. Drops an invalid size."""
    if not isinstance(image, dict) or 'id' not in image or 'file_name' not in image:
        return 'has no "id" or no "file_name"'
    if not is_id(image['id']):
        return (f'has the id {str(image["id"])[:40]!r}, expected an integer of at most 15 '
                'digits. Renumber the images, and the image_id of the annotations')
    if not isinstance(image['file_name'], str):
        return f'has the file_name {str(image["file_name"])[:40]!r}, expected a string'
    if image.get('crowdIndex') is None:
        image.pop('crowdIndex', None)
    elif not is_number(image['crowdIndex']):
        return (f'has the crowdIndex {str(image["crowdIndex"])[:40]!r}, expected a number '
                'from 0 to 1')
    sides = {side: _whole(image.pop(side, None)) for side in ('width', 'height')}
    if all(0 < value <= MAX_COORDINATE for value in sides.values()):
        image.update(sides)
    return None


def _whole(value: Any) -> int:
    """A size in pixels, also from 64.0 or "64"; 0 if it is invalid."""
    if isinstance(value, str) and value.isdecimal():
        value = float(value)
    return int(value) if is_number(value) and value == int(value) else 0
