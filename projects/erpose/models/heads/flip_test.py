"""Flip testing: the maps of an image and of its mirror image, averaged."""
from typing import List, Sequence, Tuple

import torch
from torch import Tensor

Maps = Tuple[List[Tensor], List[Tensor], List[Tensor]]
"""What :meth:`ERPoseHead.forward` returns."""


def mean_of_views(maps: Maps, mirrored: Maps, flip_indices: Sequence[int],
                  strides: Sequence[int]) -> Maps:
    """The mean of the maps of two views, prior by prior, as HigherHRNet averages heatmaps.

    Both views answer on the same priors, so there is one set of poses and, as without
    flip testing, nothing to suppress.

    Args:
        maps (tuple): Of the images.
        mirrored (tuple): Of the same images, mirrored.
        flip_indices (Sequence[int]): The keypoint on the other side of the body, (K, ).
        strides (Sequence[int]): Of the levels, in pixels.

    Raises:
        ValueError: If the levels are not equally wide, in pixels: then the priors of the
            mirror image are not the mirrored priors.
    """
    widths = {level.shape[-1] * stride for level, stride in zip(maps[0], strides)}
    if len(widths) > 1:
        raise ValueError(f'flip_test wants an input whose width is a multiple of '
                         f'{max(strides)}: here the levels are {sorted(widths)} wide')
    mirrored = turn_back(mirrored, flip_indices, strides)
    scores, poses, heatmaps = ([(here + there) / 2 for here, there in zip(levels, others)]
                               for levels, others in zip(maps, mirrored))
    return scores, poses, heatmaps


def turn_back(maps: Maps, flip_indices: Sequence[int], strides: Sequence[int]) -> Maps:
    """Maps of mirrored images as maps of the images themselves.

    Of W pixels the one at x is at W - 1 - x in the mirror image, and the prior at x is at
    W - x, for priors are centres of cells: so the offset o is -o - 1 there, in pixels.
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
