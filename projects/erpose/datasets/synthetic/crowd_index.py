"""Computes the crowd index of an image."""
import numpy as np


def crowd_index(keypoints: np.ndarray, boxes: np.ndarray) -> float:
    """Computes the crowd index (Li et al., CrowdPose, CVPR 2019, equation 1).

    It is the mean over persons of the ratio of other persons' keypoints to own keypoints in
    the person's box, at most 1. Persons without a labelled keypoint in their box are
    excluded.

    Args:
        keypoints (np.ndarray): x, y, visibility (0: not labelled), in pixels, (N, K, 3).
        boxes (np.ndarray): Boxes xyxy, including edges, in pixels, (N, 4).

    Returns:
        float: 0 (no keypoint in another person's box) to 1.
    """
    if len(boxes) == 0:
        return 0.0
    x, y, visibility = (keypoints[None, ..., i] for i in range(3))
    x1, y1, x2, y2 = (boxes[:, i, None, None] for i in range(4))
    inside = (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2) & (visibility > 0)
    counts = inside.sum(axis=2)  # [box, person]
    own = counts.diagonal()
    others = counts.sum(axis=1) - own
    counted = own > 0
    if not counted.any():
        return 0.0
    return min(1.0, float((others[counted] / own[counted]).mean()))
