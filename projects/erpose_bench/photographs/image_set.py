"""Writes a set of scaled images and its annotation files."""
import json
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence

import cv2
import numpy as np

from erpose.annotations.keypoint_boxes import keypoint_boxes
from erpose.datasets.synthetic.crowd_index import crowd_index
from erpose.structures.metainfo import parse_metainfo

IMAGE_IDS = Path(__file__).parent / 'image_ids'
METAINFO = dict(coco17='configs/_base_/datasets/coco.py',
                crowdpose14='configs/_base_/datasets/crowdpose.py')
"""MMPose's metainfo of each kind of annotation file."""
JPEG_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 90]


class Photograph(NamedTuple):
    """An image file, its id, and its persons in each annotation file."""
    source: Path
    id: int
    annotations: Dict[str, List[dict]]


def image_ids(name: str) -> List[int]:
    """Image ids of a set such as ``coco-mini/val``."""
    path = IMAGE_IDS / f"{name.replace('/', '_')}.txt"
    return [int(i) for i in path.read_text().split()]


def write_set(photographs: Sequence[Photograph], folder: Path, side: int) -> int:
    """Writes ``images/`` and ``annotations_{coco17,crowdpose14}.json``.

    Args:
        photographs (Sequence[Photograph]): All with the same kinds of annotations.
        folder (Path): Folder of the set.
        side (int): Images with a longer side are scaled down to it, in pixels.

    Returns:
        int: Number of images written.

    Raises:
        FileNotFoundError: If an image is missing.
    """
    (folder / 'images').mkdir(parents=True, exist_ok=True)
    files: Dict[str, dict] = {}
    for photograph in photographs:
        pixels = cv2.imread(str(photograph.source))
        if pixels is None:
            raise FileNotFoundError(f'no image {photograph.source}')
        height, width = pixels.shape[:2]
        scale = min(side / max(height, width), 1)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / 'images' / photograph.source.name), pixels, JPEG_QUALITY)
        for kind, persons in photograph.annotations.items():
            persons = [scaled(ann, scale) for ann in persons]
            add_image(files, kind, dict(id=photograph.id, width=size[0], height=size[1],
                                        file_name=photograph.source.name), persons)
    write_annotations(files, folder)
    return len(photographs)


def add_image(files: Dict[str, dict], kind: str, image: dict, persons: List[dict]) -> None:
    """Adds an image, with its crowd index, and its persons to the file of this kind."""
    content = files.setdefault(kind, dict(images=[], annotations=[]))
    content['images'].append(dict(image, crowdIndex=_crowd(persons)))
    content['annotations'] += persons


def write_annotations(files: Dict[str, dict], folder: Path) -> None:
    """Writes each annotation file with the category of its keypoints."""
    for kind, content in files.items():
        info = parse_metainfo(dict(from_file=METAINFO[kind]))
        names = [info['keypoint_id2name'][k] for k in range(info['num_keypoints'])]
        skeleton = [[a + 1, b + 1] for a, b in info['skeleton_links']]
        (folder / f'annotations_{kind}.json').write_text(json.dumps(dict(
            content, categories=[
                dict(id=1, name='person', keypoints=names, skeleton=skeleton)])))


def scaled(ann: dict, scale: float, shift: Sequence[float] = (0, 0)) -> dict:
    """Scales and moves an annotation; derives box and area where they are missing."""
    points = np.array(ann['keypoints'], float).reshape(-1, 3)
    points[:, :2] = points[:, :2] * scale + shift
    points[points[:, 2] == 0] = 0
    boxes, areas = keypoint_boxes(points[None, :, :2], points[None, :, 2] > 0)
    low, high = boxes[0, :2], boxes[0, 2:]
    box = [*low, *(high - low)]
    if 'bbox' in ann:
        box = [v * scale + moved for v, moved in zip(ann['bbox'], (*shift, 0, 0))]
    area = ann['area'] * scale**2 if 'area' in ann else areas[0]
    return dict(
        id=ann['id'], image_id=ann['image_id'], category_id=ann['category_id'],
        iscrowd=ann['iscrowd'], keypoints=points.round(1).ravel().tolist(),
        num_keypoints=int((points[:, 2] > 0).sum()),
        bbox=[round(float(v), 1) for v in box], area=round(float(area), 1))


def _crowd(persons: List[dict]) -> float:
    labelled = [p for p in persons if p['num_keypoints'] and not p['iscrowd']]
    if not labelled:
        return 0.0
    keypoints = np.array([p['keypoints'] for p in labelled]).reshape(len(labelled), -1, 3)
    boxes = np.array([p['bbox'] for p in labelled], float)
    boxes[:, 2:] += boxes[:, :2]
    return round(crowd_index(keypoints, boxes), 4)
