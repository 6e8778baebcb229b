"""Makes the photographs that the project trains and tests on from the official data sets.

The files in ``image_ids`` list the images of COCO and Leeds Sports Pose in each set. Images
and annotations are scaled down.
"""
import json
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence

import cv2
import numpy as np
from scipy.io import loadmat

from erpose.annotations.keypoint_boxes import keypoint_boxes
from erpose.datasets.synthetic.crowd_index import crowd_index

IMAGE_IDS = Path(__file__).parent / 'image_ids'
COCO_SETS = {'coco-mini/train': 416, 'coco-mini/val': 512, 'coco-more/train': 416}
"""Longest side in pixels of the sets made from COCO."""
LSP_SIDE = 192
LSP_IN_COCO = (16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9)
"""COCO's keypoint of each joint of LSP, right ankle first. LSP's last two joints, neck and
top of the head, have none."""


class Photograph(NamedTuple):
    """An image file and its entry of a COCO-style annotation file, with its persons."""
    source: Path
    image: dict
    annotations: List[dict]


def build_coco(coco: Path, out: Path) -> Dict[str, int]:
    """Makes ``coco-mini`` and ``coco-more`` from COCO 2017.

    Args:
        coco (Path): Folder with ``annotations/person_keypoints_{train,val}2017.json``,
            ``train2017/`` and ``val2017/``.
        out (Path): Receives ``coco-mini/`` and ``coco-more/``.

    Returns:
        dict[str, int]: Images written, by set.

    Raises:
        FileNotFoundError: If an annotation file or an image is missing.
    """
    photographs = {}
    for split in ('train2017', 'val2017'):
        content = json.loads(
            (coco / f'annotations/person_keypoints_{split}.json').read_text())
        persons: Dict[int, list] = {image['id']: [] for image in content['images']}
        for ann in content['annotations']:
            persons[ann['image_id']].append(ann)
        for image in content['images']:
            photographs[image['id']] = Photograph(
                coco / split / image['file_name'], image, persons[image['id']])
    written = {}
    for name, side in COCO_SETS.items():
        missing = [i for i in image_ids(name) if i not in photographs]
        if missing:
            raise FileNotFoundError(
                f'{len(missing)} images of {name} are not in the annotation files of '
                f'{coco}, the first is {missing[0]}')
        written[name] = _write_set([photographs[i] for i in image_ids(name)], out / name,
                                   side, content['categories'])
    return written


def build_lsp(lspet: Path, lsp: Path, out: Path) -> Dict[str, int]:
    """Makes ``lsp`` and ``lsp-original`` from the Leeds Sports Pose archives.

    Args:
        lspet (Path): Unpacked LSP Extended: ``joints.mat`` and ``images/im00001.jpg``, ….
        lsp (Path): Unpacked LSP (original size): ``joints.mat``, ``images/im0001.jpg``, ….
        out (Path): Receives ``lsp/`` and ``lsp-original/``.

    Returns:
        dict[str, int]: Images written, by set.
    """
    extended = np.moveaxis(loadmat(lspet / 'joints.mat')['joints'], 2, 0)  # (N, 14, 3)
    original = np.moveaxis(loadmat(lsp / 'joints.mat')['joints'], 2, 0).transpose(0, 2, 1)
    original[..., 2] = 1  # all are labelled, occluded or not
    written = {}
    for name, joints, pattern in (
            ('lsp/train', extended, f'{lspet}/images/im{{:05d}}.jpg'),
            ('lsp/val', extended, f'{lspet}/images/im{{:05d}}.jpg'),
            ('lsp-original/train', original, f'{lsp}/images/im{{:04d}}.jpg')):
        photographs = []
        for i in image_ids(name):
            source = Path(pattern.format(i))
            photographs.append(Photograph(
                source, dict(id=i, file_name=source.name),
                [dict(id=i, image_id=i, category_id=1, iscrowd=0,
                      keypoints=_coco_keypoints(joints[i - 1]))]))
        written[name] = _write_set(photographs, out / name, LSP_SIDE,
                                   [dict(id=1, name='person')])
    return written


def image_ids(name: str) -> List[int]:
    """Image ids of a set such as ``coco-mini/val``."""
    path = IMAGE_IDS / f"{name.replace('/', '_')}.txt"
    return [int(i) for i in path.read_text().split()]


def _coco_keypoints(joints: np.ndarray) -> List[float]:
    """Converts LSP's joints (14, 3) to COCO's 17 keypoints; faces are not labelled."""
    keypoints = np.zeros((17, 3))
    for joint, keypoint in enumerate(LSP_IN_COCO):
        if joints[joint, 2] > 0:
            keypoints[keypoint] = (*joints[joint, :2], 2)
    return keypoints.ravel().tolist()


def _write_set(photographs: Sequence[Photograph], folder: Path, side: int,
               categories: List[dict]) -> int:
    """Writes scaled images and one annotation file; returns the number of images."""
    (folder / 'images').mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for photograph in photographs:
        pixels = cv2.imread(str(photograph.source))
        if pixels is None:
            raise FileNotFoundError(f'no image {photograph.source}')
        height, width = pixels.shape[:2]
        scale = min(side / max(height, width), 1)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / 'images' / photograph.source.name), pixels,
                    [cv2.IMWRITE_JPEG_QUALITY, 90])
        persons = [_scaled(ann, scale) for ann in photograph.annotations]
        annotations += persons
        images.append(dict(id=photograph.image['id'], file_name=photograph.source.name,
                           width=size[0], height=size[1], crowdIndex=_crowd(persons)))
    (folder / 'annotations_coco17.json').write_text(json.dumps(
        dict(images=images, annotations=annotations, categories=categories)))
    return len(images)


def _scaled(ann: dict, scale: float) -> dict:
    """Scales an annotation; derives box and area where they are missing."""
    points = np.array(ann['keypoints'], float).reshape(-1, 3)
    points[:, :2] *= scale
    boxes, areas = keypoint_boxes(points[None, :, :2], points[None, :, 2] > 0)
    low, high = boxes[0, :2], boxes[0, 2:]
    box = [v * scale for v in ann['bbox']] if 'bbox' in ann else [*low, *(high - low)]
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
