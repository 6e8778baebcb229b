"""Draws people on an image."""
from typing import Sequence

import cv2
import numpy as np

from .people import People


def draw(image: np.ndarray, people: People, skeleton: Sequence[Sequence[int]],
         colours: Sequence[Sequence[int]], keypoint_thr: float = 0.3) -> np.ndarray:
    """Draws skeletons, keypoints, scores and track ids on a copy of the image.

    Args:
        image (np.ndarray): uint8 BGR, (H, W, 3).
        people (People): The people to draw.
        skeleton (Sequence): Pairs of keypoint indices.
        colours (Sequence): RGB of each keypoint.
        keypoint_thr (float): Keypoints with a lower visibility are not drawn.
    """
    image = image.copy()
    size = max(1, round(max(image.shape[:2]) / 400))
    limit = 4 * max(image.shape[:2])  # OpenCV's integers overflow far outside the image
    for pose, seen, score, _, number in reversed(list(people)):  # draw the best last
        shown = (seen > keypoint_thr) & (np.abs(pose) < limit).all(-1)
        points = np.round(np.where(shown[:, None], pose, 0)).astype(int)
        for a, b in skeleton:
            if shown[a] and shown[b]:
                cv2.line(image, tuple(map(int, points[a])), tuple(map(int, points[b])),
                         colours[b][::-1], size, cv2.LINE_AA)
        for point, colour, visible in zip(points, colours, shown):
            if visible:
                cv2.circle(image, tuple(map(int, point)), size + 1, colour[::-1], -1,
                           cv2.LINE_AA)
        if shown.any():
            low = points[shown].min(0)
            corner = (max(int(low[0]), 0), max(int(low[1]) - 2 * size, 10))
            tracked = number is not None and number >= 0
            text = f'#{number} {score:.2f}' if tracked else f'{score:.2f}'
            for colour, width in (((0, 0, 0), 2 + size), ((255, 255, 255), 1)):
                cv2.putText(image, text, corner, cv2.FONT_HERSHEY_SIMPLEX,
                            0.35 * size + 0.1, colour, width, cv2.LINE_AA)
    return image
