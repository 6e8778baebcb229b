"""Makes ``lsp`` and ``lsp-original`` from the archives of Leeds Sports Pose."""
from pathlib import Path
from typing import Dict, List

import numpy as np
from scipy.io import loadmat

from .image_set import Photograph, image_ids, write_set

LONGEST_SIDE = 192
KEYPOINT_OF_JOINT = dict(
    coco17=[16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9],
    crowdpose14=[11, 9, 7, 6, 8, 10, 5, 3, 1, 0, 2, 4, 13, 12])
"""Keypoint of each joint of LSP, which are right ankle to left wrist, neck and top of the
head. COCO does not have the last two."""


def build_lsp(lspet: Path, lsp: Path, out: Path) -> Dict[str, int]:
    """Makes ``lsp`` and ``lsp-original`` with COCO's 17 and CrowdPose's 14 keypoints.

    Args:
        lspet (Path): Unpacked LSP Extended: ``joints.mat`` and ``images/im00001.jpg``, ….
        lsp (Path): Unpacked LSP (original size): ``joints.mat``, ``images/im0001.jpg``, ….
        out (Path): Receives ``lsp/`` and ``lsp-original/``.

    Returns:
        dict[str, int]: Images written, by set.

    Raises:
        FileNotFoundError: If ``joints.mat`` or an image is missing.
    """
    extended = np.moveaxis(loadmat(lspet / 'joints.mat')['joints'], 2, 0)  # (N, 14, 3)
    original = np.moveaxis(loadmat(lsp / 'joints.mat')['joints'], 2, 0).transpose(0, 2, 1)
    original[..., 2] = 1  # all are labelled, occluded or not
    written = {}
    for name, joints, pattern in (
            ('lsp/train', extended, f'{lspet}/images/im{{:05d}}.jpg'),
            ('lsp/val', extended, f'{lspet}/images/im{{:05d}}.jpg'),
            ('lsp-original/train', original, f'{lsp}/images/im{{:04d}}.jpg')):
        photographs = [
            Photograph(Path(pattern.format(i)), i, {
                keypoints: [dict(id=i, image_id=i, category_id=1, iscrowd=0,
                                 keypoints=_keypoints(joints[i - 1], keypoints))]
                for keypoints in KEYPOINT_OF_JOINT
            }) for i in image_ids(name)
        ]
        written[name] = write_set(photographs, out / name, LONGEST_SIDE)
    return written


def _keypoints(joints: np.ndarray, name: str) -> List[float]:
    """Converts LSP's joints (14, 3); keypoints that LSP does not have are not labelled."""
    keypoints = np.zeros((17 if name == 'coco17' else 14, 3))
    for joint, keypoint in zip(joints, KEYPOINT_OF_JOINT[name]):
        if joint[2] > 0:
            keypoints[keypoint] = (*joint[:2], 2)
    return keypoints.ravel().tolist()
