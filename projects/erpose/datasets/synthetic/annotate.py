"""Exact annotations of figures that occlude each other."""
from typing import List, Sequence, Tuple

import cv2
import numpy as np

from .crowd_index import crowd_index
from .figure import Figure, pixels_of


def annotate(figures: Sequence[Figure], size: Tuple[int, int]) -> Tuple[List[dict], float]:
    """Annotates figures, the last one nearest, in an image of ``size`` (width, height).

    Each annotation has ``category_id`` 1, ``iscrowd`` 0 and, in pixels:

    - ``keypoints`` [x, y, v] * K: v = 2 on the visible surface of the figure, 1 if hidden
      by another figure or its own body, 0 (with x = y = 0) outside the image;
    - ``num_keypoints``: number of keypoints with v > 0;
    - ``area``: pixels of the silhouette in the image, including occluded ones, so that the
      scale of OKS does not shrink with occlusion;
    - ``visible_area``: visible pixels of the figure;
    - ``bbox`` xywh: box around the silhouette in the image, including occluded pixels.

    Returns:
        tuple[list[dict], float]: The annotations in the figures' order, and the crowd
        index.
    """
    if not figures:
        return [], 0.0
    part_maps = [figure.part_map(size) for figure in figures]
    ids = stack(part_maps)
    annotations = []
    for i, (figure, parts) in enumerate(zip(figures, part_maps)):
        seen = ids == i + 1
        silhouette = (parts > 0).view(np.uint8)
        points = _keypoints(figure, parts, seen)
        annotations.append(dict(
            category_id=1,
            iscrowd=0,
            keypoints=points.ravel().tolist(),
            num_keypoints=int((points[:, 2] > 0).sum()),
            bbox=[float(side) for side in cv2.boundingRect(silhouette)],
            area=cv2.countNonZero(silhouette),
            visible_area=int(np.count_nonzero(seen))))
    points = np.array([ann['keypoints'] for ann in annotations])
    boxes = np.array([ann['bbox'] for ann in annotations])
    boxes[:, 2:] += boxes[:, :2]
    return annotations, crowd_index(points.reshape(len(figures), -1, 3), boxes)


def stack(part_maps: Sequence[np.ndarray]) -> np.ndarray:
    """Computes which figure is visible at each pixel.

    Args:
        part_maps (Sequence[np.ndarray]): Results of :meth:`Figure.part_map`, at least one,
            (H, W).

    Returns:
        np.ndarray: 1 + index of the last (nearest) figure, 0 if none, int32, (H, W).
    """
    ids = np.zeros(part_maps[0].shape, dtype=np.int32)
    for i, parts in enumerate(part_maps):
        ids[parts > 0] = i + 1
    return ids


def _keypoints(figure: Figure, parts: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The figure's keypoints with their visibility, (K, 3)."""
    inside, x, y = pixels_of(figure.keypoints, parts.shape)
    visible = figure.surface(parts)
    visible[inside] &= seen[y[inside], x[inside]]
    points = np.column_stack([figure.keypoints, inside.astype(int) + visible])
    return np.where(inside[:, None], points, 0.0)
