"""NMS in numpy and OpenCV, for the systems that need it.

Exported files run without PyTorch, and so without MMPose and :mod:`erpose.models.decoders`.
These functions return the same results.
"""
from typing import Sequence

import cv2
import numpy as np

from erpose.imaging.people import People

AREA_FLOOR = 32.0
"""Smallest area that enters an OKS, as in training, in pixels^2."""


def suppress(people: People, nms: dict, sigmas: Sequence[float]) -> People:
    """Removes duplicates; returns people best first.

    Args:
        people (People): Best first.
        nms (dict): ``kind``: 'box' or 'oks'; ``threshold``: IoU or OKS; ``soft``: with
            'oks', multiply the scores of overlapping people by ``exp(-OKS^2 / threshold)``
            instead of removing them.
        sigmas (Sequence[float]): Keypoint sigmas, (K, ).
    """
    if not len(people):
        return people
    if nms['kind'] == 'box':
        return box_nms(people, nms['threshold'])
    similarity = pairwise_oks(people.keypoints, np.asarray(sigmas, np.float32))
    if nms.get('soft'):
        return _soft(people, np.exp(-similarity**2 / nms['threshold']))
    kept = np.ones(len(people.scores), bool)
    for row, alike in enumerate(similarity > nms['threshold']):
        if kept[row]:  # greedy: suppressed poses do not suppress others
            kept[row + 1:] &= ~alike[row + 1:]
    return people[kept]


def box_nms(people: People, threshold: float) -> People:
    """Greedy NMS: removes people whose box IoU with a better one exceeds the threshold."""
    corners = people.boxes[:, :2]
    boxes = np.concatenate([corners, people.boxes[:, 2:] - corners], 1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), people.scores.tolist(), 0.0, threshold)
    return people[np.asarray(kept, int).ravel()]


def pairwise_oks(keypoints: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """OKS of all pairs of poses, with the area of the row's keypoint box, (N, N)."""
    area = np.maximum(np.ptp(keypoints, axis=1).prod(-1), AREA_FLOOR)
    total = np.zeros((len(keypoints), len(keypoints)), np.float32)
    for k, sigma in enumerate(sigmas):
        delta = keypoints[:, None, k] - keypoints[None, :, k]
        total += np.exp(-(delta**2).sum(-1) / (2 * area * (2 * sigma)**2)[:, None])
    return total / len(sigmas)


def _soft(people: People, factor: np.ndarray) -> People:
    scores, done = people.scores.copy(), np.zeros(len(people.scores), bool)
    for _ in scores:
        best = np.where(done, -1, scores).argmax()
        done[best] = True
        scores = np.where(done, scores, scores * factor[best])
    return people.replace(scores=scores)[np.argsort(-scores, kind='stable')]
