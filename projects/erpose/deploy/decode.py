"""Decodes ER-Pose's raw maps in numpy, for engines that only run convolutions.

The computation is that of ``NMSFreePoseDecoder`` and ``HeatmapRefiner``, whose docstrings
have the formulas.
"""
from typing import Dict, NamedTuple, Sequence, Tuple

import numpy as np

BACKGROUND = 0.03
"""Heat well below this leaves a keypoint where it is, as in ``HeatmapRefiner``."""


class DecoderSettings(NamedTuple):
    """Settings of ``NMSFreePoseDecoder`` and ``HeatmapRefiner``, see their docstrings."""
    strides: Sequence[int]
    num_candidates: int
    reach: float
    agreement: float
    second_view: float
    average: bool
    max_per_img: int
    refiner_reach: float


def decode_maps(maps: Dict[str, np.ndarray],
                settings: DecoderSettings) -> Tuple[np.ndarray, np.ndarray]:
    """Decodes the outputs of a raw file (``erpose export --raw``).

    Args:
        maps (dict[str, np.ndarray]): For each stride s ``scores_s`` (B, 1, H, W), logits,
            and ``poses_s`` (B, 3K, H, W): x, y offsets in strides of each keypoint in turn,
            then K visibility logits; and ``heatmaps_s`` (B, K, H, W), logits, at the first
            stride, if the model has heatmaps.
        settings (DecoderSettings): From the metadata of the file.

    Returns:
        tuple[np.ndarray, np.ndarray]: ``dets`` (B, N, 5) and ``keypoints`` (B, N, K, 3),
        the outputs of a file with a decoder.
    """
    images = [_decode({name: m[i].astype(np.float32) for name, m in maps.items()}, settings)
              for i in range(len(next(iter(maps.values()))))]
    dets, keypoints = (np.stack(parts) for parts in zip(*images))
    return dets, keypoints


def _decode(maps: Dict[str, np.ndarray],
            settings: DecoderSettings) -> Tuple[np.ndarray, np.ndarray]:
    scores, outputs, points, strides = [], [], [], []
    for stride in settings.strides:
        level = maps[f'poses_{stride}']
        _, height, width = level.shape
        scores.append(maps[f'scores_{stride}'].reshape(-1))
        outputs.append(level.reshape(len(level), -1).T)
        y, x = np.mgrid[:height, :width]
        points.append((np.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(np.full((height * width, 1), stride))
    scores, outputs, points, strides = (
        np.concatenate(parts).astype(np.float32)
        for parts in (scores, outputs, points, strides))
    index = np.argsort(-scores, kind='stable')[:settings.num_candidates]
    scores = _sigmoid(scores[index])
    count = outputs.shape[1] // 3
    poses = (outputs[index, :2 * count] * strides[index]).reshape(-1, count, 2)
    poses += points[index, None]

    kept, scores, poses = _persons(scores, poses, settings)
    order = np.argsort(-scores * kept, kind='stable')[:settings.max_per_img]
    scores, poses = (scores * kept)[order], poses[order]
    heatmaps = maps.get(f'heatmaps_{settings.strides[0]}')
    if heatmaps is not None:
        poses = _refine(poses, _sigmoid(heatmaps), settings)
    boxes = np.concatenate([poses.min(1), poses.max(1)], 1)
    visibilities = _sigmoid(outputs[index[order], 2 * count:])
    return (np.concatenate([boxes, scores[:, None]], 1),
            np.concatenate([poses, visibilities[..., None]], 2))


def _persons(scores: np.ndarray, poses: np.ndarray,
             settings: DecoderSettings) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kept share of the score, scores and poses, as in ``NMSFreePoseDecoder``."""
    stride = settings.strides[0]
    sizes = _sizes(poses, stride)[:, None]
    centres = poses.mean(1)
    shapes = (poses - centres[:, None]).reshape(len(poses), -1)
    centre_distance = np.abs(centres[:, None] - centres)
    square = (shapes**2).sum(1)
    different = square[:, None] + square - 2 * shapes @ shapes.T
    distance2 = (centre_distance**2).sum(-1) + different.clip(0) / poses.shape[1]
    agreement = np.exp(-distance2 / (2 * (settings.agreement * sizes)**2))
    near = centre_distance.max(-1) < (settings.reach * sizes).clip(stride)
    beaten = np.tril(near, -1)
    kept = (1 - beaten * (1 - settings.second_view * (1 - agreement))).min(-1)
    if settings.average:
        weights = scores**2 * agreement
        total = weights.sum(-1, keepdims=True).clip(1e-12)
        poses = (weights / total @ poses.reshape(len(poses), -1)).reshape(poses.shape)
        scores = np.sqrt(scores * np.sqrt(total[:, 0] / 9).clip(max=1))
    return kept, scores, poses


def _refine(poses: np.ndarray, heatmaps: np.ndarray,
            settings: DecoderSettings) -> np.ndarray:
    stride = settings.strides[0]
    sizes = _sizes(poses, stride)[:, None, None, None]
    direction = np.stack(np.meshgrid(*[[-1, 0, 1]] * 2, indexing='ij'), -1).reshape(9, 2)
    prior = np.exp(-(direction**2).sum(-1) / 2, dtype=np.float32)
    for reach in (settings.refiner_reach, settings.refiner_reach / 2):
        step = np.float32(reach) * sizes
        heat = _sample(heatmaps, (poses[:, :, None] + step * direction) / stride)
        weight = (heat * prior)**4
        share = weight / (weight.sum(-1, keepdims=True) + BACKGROUND**4)
        poses = poses + step[..., 0] * (share[..., None] * direction).sum(2)
    return poses.astype(np.float32)


def _sample(maps: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Samples maps (K, H, W) bilinearly at points (N, K, M, 2) in cells; 0 outside."""
    kinds = np.arange(len(maps))[:, None]
    height, width = maps.shape[1:]
    low = np.floor(points - 0.5)
    part = points - 0.5 - low
    total = np.zeros_like(maps, shape=low.shape[:-1])
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = low[..., 0] + dx, low[..., 1] + dy
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        column, row = x.clip(0, width - 1).astype(int), y.clip(0, height - 1).astype(int)
        share = np.abs(1 - dx - part[..., 0]) * np.abs(1 - dy - part[..., 1])
        total = total + maps[kinds, row, column] * inside * share
    return total


def _sizes(poses: np.ndarray, least: float) -> np.ndarray:
    """Square root of the area of the box around the keypoints, each side >= ``least``."""
    return np.sqrt(np.ptp(poses, axis=1).clip(least).prod(-1))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
