"""Point priors: one per cell of each feature level, at its centre."""
from typing import List, NamedTuple, Optional, Sequence

import torch
from torch import Tensor


class Level(NamedTuple):
    """A feature level: stride in pixels, size in cells, index of the first prior."""
    stride: int
    height: int
    width: int
    start: int


class PointPriors(NamedTuple):
    """The A priors of all levels, level by level, row by row.

    Attributes:
        points (Tensor): Cell centres x, y in pixels of the network input, (A, 2).
        strides (Tensor): Stride of each prior in pixels, (A, ).
        levels (list[Level]): The levels, in the order of the priors.
    """
    points: Tensor
    strides: Tensor
    levels: List[Level]


MAX_CELLS = 4096
"""Largest height and width of a feature map, in cells."""


def point_priors(sizes: Sequence[Sequence[int]], strides: Sequence[int],
                 device: Optional[torch.device] = None) -> PointPriors:
    """Generates priors for feature maps of given ``sizes`` (height, width) and ``strides``.

    Note: With a dynamic size, ``count[:width]`` is exported as Slice, but ``arange(width)``
    as Range, which few inference engines support.
    """
    points, prior_strides, levels, start = [], [], [], 0
    count = torch.arange(MAX_CELLS, dtype=torch.float32, device=device)
    for (height, width), stride in zip(sizes, strides):
        y, x = torch.meshgrid(count[:height], count[:width], indexing='ij')
        points.append((torch.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride)
        prior_strides.append(points[-1][:, 0] * 0 + stride)
        levels.append(Level(stride, height, width, start))
        start += height * width
    return PointPriors(torch.cat(points), torch.cat(prior_strides), levels)
