"""COCO-style annotation files from anywhere: checked, and completed from the keypoints."""
import json
import os.path as osp
from collections import Counter
from typing import Any, Optional, Tuple

import numpy as np

from erpose.structures import keypoint_boxes

MAX_COORDINATE = 1e6
"""In pixels. float32 is exact to a sixteenth of a pixel up to there."""
MAX_ID = 2**53
"""The evaluation keeps ids as float64."""


def load_annotation_file(path: str) -> dict:
    """Reads a COCO-style JSON file and checks its frame.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no COCO-style annotation file. The message names the file,
            what is wrong, and what is expected.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'annotation file not found: {path}. Check data_root and ann_file.')
    try:
        with open(path, encoding='utf-8-sig') as file:
            content = json.load(file)
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
            raise ValueError(f'{path}: image id {image["id"]} occurs twice')
        ids.add(image['id'])
    if not content.get('categories'):
        content['categories'] = [dict(id=1, name='person')]
    categories = content['categories']
    if not isinstance(categories, list) or not all(
            isinstance(c, dict) and is_id(c.get('id')) for c in categories):
        raise ValueError(f'{path}: "categories" is not a list of objects with an integer '
                         '"id"')
    return content


def is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_ID


def is_number(value: Any, limit: float = MAX_COORDINATE) -> bool:
    """A number of JSON, not NaN and not beyond the limit."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            and abs(value) <= limit)


def load_annotations(path: str, num_keypoints: int) -> Tuple[dict, Counter, Counter]:
    """Reads an annotation file, completes what can be used and drops the rest.

    Args:
        path (str): The file.
        num_keypoints (int): K of the data set's metainfo.

    Returns:
        tuple[dict, Counter, Counter]: The content, how often which field was derived, and
        how many annotations were dropped for which reason. Annotations are numbered anew
        unless their ids are unique and positive, as the evaluation needs them.

    Raises:
        FileNotFoundError, ValueError: As :func:`load_annotation_file` and
            :func:`complete_annotation`; the message names the file.
    """
    content = load_annotation_file(path)
    derived, dropped, annotations = Counter(), Counter(), []
    for ann in content['annotations']:
        fields = set()
        try:
            reason = complete_annotation(ann, num_keypoints, fields)
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from None
        if reason is not None:
            dropped[reason] += 1
            continue
        derived.update(fields)
        annotations.append(ann)
    ids = [ann.get('id') for ann in annotations]
    if not all(is_id(i) and i > 0 for i in ids) or len(set(ids)) < len(ids):
        for i, ann in enumerate(annotations):
            ann['id'] = i + 1
    content['annotations'] = annotations
    return content, derived, dropped


def complete_annotation(ann: dict, num_keypoints: int, derived: set) -> Optional[str]:
    """Checks one annotation and derives what is missing from its keypoints, in place.

    Missing ``bbox``, ``area``, ``iscrowd`` and ``category_id`` are filled in; so are a
    ``bbox`` and an ``area`` of no size where keypoints are labelled. ``num_keypoints`` is
    counted.

    Args:
        ann (dict): The annotation.
        num_keypoints (int): K of the data set's metainfo.
        derived (set): Receives the names of what was derived from the keypoints.

    Returns:
        str | None: Why the annotation cannot be used, None if it can.

    Raises:
        ValueError: If the number of keypoints is not K: the file does not belong to the
            metainfo, and no annotation of it can be trusted.
    """
    if not isinstance(ann, dict) or not is_id(ann.get('image_id')):
        return 'no integer image_id'
    _fill(ann, category_id=1, iscrowd=0, keypoints=[0] * 3 * num_keypoints)
    if not is_id(ann['category_id']):
        return 'category_id is not an integer'
    if ann['iscrowd'] not in (0, 1):
        return 'iscrowd is not 0 or 1'
    values = ann['keypoints']
    if not isinstance(values, list) or not all(
            isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return 'keypoints are not a list of numbers'
    if len(values) % 3:
        return 'the number of keypoint values is not a multiple of 3'
    if len(values) != 3 * num_keypoints:
        raise ValueError(
            f'annotation {str(ann.get("id"))[:40]} of image {ann["image_id"]} has '
            f'{len(values) // 3} keypoints, the data set\'s metainfo defines '
            f'{num_keypoints}: use the metainfo of this annotation file')
    if not all(map(is_number, values)):
        return f'keypoints are NaN or infinite, or beyond {MAX_COORDINATE:.0f} pixels'
    if not all(v in (0, 1, 2) for v in values[2::3]):
        return 'a keypoint\'s visibility is not 0, 1 or 2'
    ann['num_keypoints'] = sum(v > 0 for v in values[2::3])
    if not isinstance(ann.get('segmentation'), (list, dict)):
        ann['segmentation'] = []  # MMPose chains them: none may be None
    return _complete_box(ann, values, derived)


def _fill(ann: dict, **defaults: Any) -> None:
    """What is absent, null or an empty list."""
    for key, value in defaults.items():
        if ann.get(key) is None or ann[key] == []:
            ann[key] = value


def _complete_box(ann: dict, values: list, derived: set) -> Optional[str]:
    box, area = ann.get('bbox'), ann.get('area')
    if box is not None and not (isinstance(box, list) and len(box) == 4
                                and all(map(is_number, box))):
        return 'bbox is not four finite numbers'
    if area is not None and not is_number(area, MAX_COORDINATE**2):
        return 'area is not a finite number'
    missing = []
    if box is None or (ann['num_keypoints'] and min(box[2:]) <= 0):
        missing.append('bbox')
    if area is None or (ann['num_keypoints'] and area < 1):  # less than a pixel
        missing.append('area')
    if missing:
        points = np.asarray(values, dtype=np.float64).reshape(1, -1, 3)
        boxes, areas = keypoint_boxes(points[..., :2], points[..., 2] > 0)
        x1, y1, x2, y2 = boxes[0].tolist()
        own = dict(bbox=[x1, y1, x2 - x1, y2 - y1], area=float(areas[0]))
        ann.update({field: own[field] for field in missing})
        derived.update(missing)
    return None


def _image_problem(image: Any) -> Optional[str]:
    """Why an entry of "images" cannot be used; a size that is none is forgotten."""
    if not isinstance(image, dict) or 'id' not in image or 'file_name' not in image:
        return 'needs "id" and "file_name"'
    if not is_id(image['id']):
        return f'has the id {str(image["id"])[:40]!r}: expected an integer'
    if not isinstance(image['file_name'], str):
        return f'has the file_name {str(image["file_name"])[:40]!r}: expected a string'
    if image.get('crowdIndex') is None:
        image.pop('crowdIndex', None)
    elif not is_number(image['crowdIndex']):
        return (f'has the crowdIndex {str(image["crowdIndex"])[:40]!r}: expected a number '
                'from 0 to 1')
    if not all(is_id(image.get(side)) and 0 < image[side] <= MAX_COORDINATE
               for side in ('width', 'height')):
        for side in ('width', 'height'):
            image.pop(side, None)
    return None
