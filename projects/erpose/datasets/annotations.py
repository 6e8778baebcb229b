"""COCO-style annotation files from anywhere: checked, and completed from the keypoints."""
import json
import math
import os.path as osp
from collections import Counter
from typing import Optional, Tuple

import numpy as np

from erpose.structures import keypoint_boxes


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
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f'{path} is not a JSON file: {error}') from error
    for key in ('images', 'annotations'):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise ValueError(f'{path} has no list "{key}": expected a COCO-style '
                             'annotation file with "images" and "annotations"')
    ids = set()
    for i, image in enumerate(content['images']):
        if not isinstance(image, dict) or 'id' not in image or 'file_name' not in image:
            raise ValueError(f'{path}: images[{i}] needs "id" and "file_name"')
        if image['id'] in ids:
            raise ValueError(f'{path}: image id {image["id"]} occurs twice')
        ids.add(image['id'])
    if not content.get('categories'):
        content['categories'] = [dict(id=1, name='person')]
    return content


def load_annotations(path: str, num_keypoints: int) -> Tuple[dict, Counter, Counter]:
    """Reads an annotation file, completes what can be used and drops the rest.

    Args:
        path (str): The file.
        num_keypoints (int): K of the data set's metainfo.

    Returns:
        tuple[dict, Counter, Counter]: The content, how often which field was derived, and
        how many annotations were dropped for which reason.

    Raises:
        FileNotFoundError, ValueError: As :func:`load_annotation_file` and
            :func:`complete_annotation`; the message names the file.
    """
    content = load_annotation_file(path)
    derived, dropped, annotations = Counter(), Counter(), []
    for i, ann in enumerate(content['annotations']):
        fields = set()
        try:
            reason = complete_annotation(ann, num_keypoints, fields)
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from None
        if reason is not None:
            dropped[reason] += 1
            continue
        derived.update(fields)
        ann.setdefault('id', i + 1)
        annotations.append(ann)
    content['annotations'] = annotations
    return content, derived, dropped


def complete_annotation(ann: dict, num_keypoints: int, derived: set) -> Optional[str]:
    """Checks one annotation and derives what is missing from its keypoints, in place.

    Missing ``bbox``, ``area``, ``num_keypoints``, ``iscrowd`` and ``category_id`` are
    filled in; the names of the derived fields are added to ``derived``.

    Args:
        ann (dict): The annotation.
        num_keypoints (int): K of the data set's metainfo.
        derived (set): Receives the names of what was derived.

    Returns:
        str | None: Why the annotation cannot be used, None if it can.

    Raises:
        ValueError: If the number of keypoints is not K: the file does not belong to the
            metainfo, and no annotation of it can be trusted.
    """
    if not isinstance(ann, dict) or 'image_id' not in ann:
        return 'no image_id'
    ann.setdefault('category_id', 1)
    ann.setdefault('iscrowd', 0)
    if 'keypoints' not in ann:
        ann.update(keypoints=[0] * 3 * num_keypoints, num_keypoints=0)
    values = ann['keypoints']
    if not isinstance(values, list) or not all(
            isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return 'keypoints are not a list of numbers'
    if len(values) % 3:
        return 'the number of keypoint values is not a multiple of 3'
    if len(values) != 3 * num_keypoints:
        raise ValueError(
            f'annotation {ann.get("id")} of image {ann["image_id"]} has '
            f'{len(values) // 3} keypoints, the data set\'s metainfo defines '
            f'{num_keypoints}: use the metainfo of this annotation file')
    if not all(map(math.isfinite, values)):
        return 'keypoints are NaN or infinite'
    ann.setdefault('num_keypoints', sum(v > 0 for v in values[2::3]))
    missing = [field for field in ('bbox', 'area') if ann.get(field) is None]
    if missing:
        points = np.asarray(values, dtype=np.float64).reshape(1, -1, 3)
        boxes, areas = keypoint_boxes(points[..., :2], points[..., 2] > 0)
        x1, y1, x2, y2 = boxes[0].tolist()
        own = dict(bbox=[x1, y1, x2 - x1, y2 - y1], area=float(areas[0]))
        ann.update({field: own[field] for field in missing})
        derived.update(missing)
    if not _is_box(ann['bbox']):
        return 'bbox is not four finite numbers'
    if not isinstance(ann['area'], (int, float)) or not math.isfinite(ann['area']):
        return 'area is not a finite number'
    return None


def _is_box(box) -> bool:
    return isinstance(box, (list, tuple)) and len(box) == 4 and all(
        isinstance(v, (int, float)) and math.isfinite(v) for v in box)
