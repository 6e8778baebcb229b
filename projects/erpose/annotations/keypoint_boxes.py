"""Derives boxes and areas from keypoints."""
from typing import Tuple

import numpy as np

AREA_PER_BOX = 0.53
"""Mean ratio of person area to box area on COCO; MMPose and CrowdPose's evaluation use it
if the area is unknown."""
LEAST_SIDE = 8
"""Lower bound of width and height in a derived area, in pixels: one cell of the finest
level, as in the decoder. One keypoint, or keypoints on a line, have no extent."""


def keypoint_boxes(keypoints: np.ndarray,
                   labelled: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Computes tight boxes around the labelled keypoints, and areas derived from them.

    Boxes are at least one pixel wide and high. For the area, each side is at least
    :data:`LEAST_SIDE`.

    Args:
        keypoints (np.ndarray): In pixels, (N, K, 2).
        labelled (np.ndarray): Non-zero where the keypoint is labelled, (N, K).

    Returns:
        tuple[np.ndarray, np.ndarray]: Boxes xyxy (N, 4) and areas (N, ), float32;
        zeros if no keypoint is labelled.
    """
    labelled = labelled.astype(bool)[..., None]
    low = np.where(labelled, keypoints, np.inf).min(axis=1)
    high = np.where(labelled, keypoints, -np.inf).max(axis=1)
    none = ~labelled.any(axis=(1, 2))
    low[none] = high[none] = 0
    high = np.where(none[:, None], high, np.maximum(high, low + 1))
    boxes = np.concatenate([low, high], axis=1).astype(np.float32)
    areas = AREA_PER_BOX * np.prod(np.maximum(high - low, LEAST_SIDE), axis=1)
    areas[none] = 0
    return boxes, areas.astype(np.float32)
