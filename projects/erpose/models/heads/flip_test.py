"""Flip testing: averages the maps of an image and of its mirror image."""
from typing import List, Sequence, Tuple

import torch
from torch import Tensor

Maps = Tuple[List[Tensor], List[Tensor], List[Tensor]]
"""Result of :meth:`ERPoseHead.forward`."""


def mean_of_views(maps: Maps, mirrored: Maps, flip_indices: Sequence[int],
                  strides: Sequence[int]) -> Maps:
    """Averages the maps of two views per prior, as HigherHRNet averages heatmaps.

    Both views have the same priors, so the result is one set of poses that needs no NMS.

    Args:
        maps (tuple): Maps of the images.
        mirrored (tuple): Maps of the mirrored images.
        flip_indices (Sequence[int]): Index of each keypoint's mirror image, (K, ).
        strides (Sequence[int]): Strides of the levels, in pixels.

    Raises:
        ValueError: If the widths of the levels, in pixels, differ. The priors of the mirror
            image would not be the mirrored priors.
    """
    widths = {level.shape[-1] * stride for level, stride in zip(maps[0], strides)}
    if len(widths) > 1:
        raise ValueError('flip_test needs an input width that is a multiple of '
                         f'{max(strides)}: the levels are {sorted(widths)} pixels wide')
    mirrored = turn_back(mirrored, flip_indices, strides)
    scores, poses, heatmaps = ([(a + b) / 2 for a, b in zip(levels, others)]
                               for levels, others in zip(maps, mirrored))
    return scores, poses, heatmaps


def turn_back(maps: Maps, flip_indices: Sequence[int], strides: Sequence[int]) -> Maps:
    """Converts maps of mirrored images to maps of the images.

    With W pixels, the pixel at x moves to W - 1 - x in the mirror image, but the prior at
    x, a cell centre, to W - x. So the offset o becomes -o - 1, in pixels.
    """
    scores, poses, heatmaps = ([level.flip(-1) for level in levels] for levels in maps)
    turned = []
    for level, stride in zip(poses, strides):
        count = 2 * len(flip_indices)
        offsets = level[:, :count].unflatten(1, (-1, 2))[:, flip_indices]
        x, y = offsets.unbind(2)
        offsets = torch.stack([-x - 1 / stride, y], 2).flatten(1, 2)
        turned.append(torch.cat([offsets, level[:, count:][:, flip_indices]], 1))
    return scores, turned, [level[:, flip_indices] for level in heatmaps]
