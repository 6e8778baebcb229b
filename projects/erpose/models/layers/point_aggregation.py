"""Gathers and mixes features at given points, like a deformable convolution."""
from typing import Optional

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn


class PointAggregation(BaseModule):
    """Mixes features at P points around each cell, with one weight matrix per point.

    It equals a deformable convolution with P taps at these points (PoseDet, section 3.1;
    SMPR, section III-D), for any P and in standard PyTorch and ONNX operators.

    Args:
        in_channels (int): C.
        out_channels (int): C'.
        num_points (int): P.
    """

    def __init__(self, in_channels: int, out_channels: int, num_points: int,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg=init_cfg)
        self.num_points = num_points
        self.mix = nn.Conv2d(in_channels * num_points, out_channels, 1)
        weight, bias = self.mix.parameters()
        nn.init.normal_(weight, std=(in_channels * num_points)**-0.5)
        nn.init.zeros_(bias)

    def forward(self, feat: Tensor, points: Tensor) -> Tensor:
        """Maps features (B, C, H, W) to (B, C', H, W).

        Args:
            feat (Tensor): Features, treated as 0 outside, (B, C, H, W).
            points (Tensor): x, y of each point relative to the cell's centre, in cells,
                (B, 2P, H, W).
        """
        batch, _, height, width = feat.shape
        count = self.num_points
        if points.shape[1] != 2 * count:
            raise ValueError(f'{count} points need {2 * count} coordinates, got '
                             f'{points.shape[1]}')
        dtype = torch.promote_types(feat.dtype, torch.float32)  # for exact cell indices
        y, x = torch.meshgrid(
            torch.arange(height, device=feat.device, dtype=dtype),
            torch.arange(width, device=feat.device, dtype=dtype), indexing='ij')
        points = points.reshape(batch, count, 2, height, width).to(dtype)
        grid = torch.stack([(2 * (x + points[:, :, 0]) + 1) / width - 1,
                            (2 * (y + points[:, :, 1]) + 1) / height - 1], -1)
        sampled = F.grid_sample(feat.to(dtype).contiguous(), grid.flatten(1, 2),
                                align_corners=False).to(feat.dtype)
        return self.mix(sampled.reshape(batch, -1, height, width))
