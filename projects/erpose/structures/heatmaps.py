"""Keypoint heatmaps: training targets, and bilinear sampling."""
import math

import torch
from torch import Tensor

from .targets import PoseTargets


def keypoint_heatmaps(targets: PoseTargets, height: int, width: int, stride: int,
                      sigma: float) -> Tensor:
    """Draws an unnormalised Gaussian around each labelled keypoint, 1 at its cell.

    The Gaussians are centred on the keypoints, not on their cells, so that the heatmap
    encodes the position within the cell (DARK, Zhang et al., CVPR 2020). Only cells within
    3 sigma of a keypoint are computed, so the cost depends on the number of persons, not on
    the size of the maps. Where Gaussians overlap, the maximum is taken.

    Args:
        targets (PoseTargets): The persons of B images.
        height, width (int): Size of the maps in cells.
        stride (int): Stride of the maps in pixels.
        sigma (float): Sigma of the Gaussian in cells.

    Returns:
        Tensor: float32 in [0, 1], (B, K, height, width).
    """
    batch, _, num_keypoints, _ = targets.keypoints.shape
    device = targets.keypoints.device
    reach = math.ceil(3 * sigma)
    offset = torch.arange(-reach, reach + 1, device=device)
    dy, dx = (d.reshape(-1) for d in torch.meshgrid(offset, offset, indexing='ij'))

    place = targets.keypoints / stride
    cell = place.floor().long()
    x, y = cell[..., 0:1] + dx, cell[..., 1:2] + dy  # (B, G, K, window)
    distance2 = ((x + 0.5 - place[..., 0:1]).square()
                 + (y + 0.5 - place[..., 1:2]).square())
    value = torch.exp(-distance2 / (2 * sigma**2))
    value = value.masked_fill((dx == 0) & (dy == 0), 1)  # the positives of FocalHeatmapLoss
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    inside &= (targets.labelled > 0).unsqueeze(-1)
    keypoint = torch.arange(num_keypoints, device=device).view(1, 1, -1, 1)
    index = ((keypoint * height + y) * width + x).masked_fill(~inside, 0)
    maps = targets.keypoints.new_zeros(batch, num_keypoints * height * width)
    maps.scatter_reduce_(1, index.flatten(1), (value * inside).flatten(1), 'amax')
    return maps.view(batch, num_keypoints, height, width)


def sample_bilinear(maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Samples maps bilinearly, with 0 outside their borders.

    It equals ``F.grid_sample`` but uses gather, which every inference engine supports.

    Args:
        maps (Tensor): (B, K, H, W).
        x, y (Tensor): Positions in cells; the centre of the first cell is 0.5. (B, K, M).

    Returns:
        Tensor: (B, K, M).
    """
    height, width = maps.shape[-2:]
    corner_x, corner_y = x.new_tensor([[0, 1, 0, 1], [0, 0, 1, 1]]).unsqueeze(-1)
    (left, share_x), (top, share_y) = (
        (low.unsqueeze(2), (at - 0.5 - low).unsqueeze(2))
        for at, low in ((x, (x - 0.5).floor()), (y, (y - 0.5).floor())))
    x, y = left + corner_x, top + corner_y  # (B, K, 4, M)
    column, row = x.clamp(0, width - 1), y.clamp(0, height - 1)
    inside = (column == x).to(x) * (row == y).to(x)
    index = (row * width + column).long()
    value = maps.flatten(2).gather(2, index.flatten(2)).view_as(x)
    share = (1 - corner_x - share_x).abs() * (1 - corner_y - share_y).abs()
    return (value * inside * share).sum(2)
