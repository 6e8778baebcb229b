"""Convolutional branches that run on every feature level, each level its own weights."""
from typing import List, Sequence

import torch
from mmcv.cnn import ConvModule, DepthwiseSeparableConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn


class LevelBranch(BaseModule):
    """Stacked convolutions and a 1x1 output, for each of L levels.

    Args:
        num_levels (int): L.
        in_channels (int): Channels of the features.
        feat_channels (int): Channels of the stacked convolutions.
        out_channels (int): Channels of the output.
        num_convs (int): Stacked 3x3 convolutions.
        use_depthwise (bool): Depthwise separable instead of full convolutions.
        norm_cfg, act_cfg (dict): As in mmcv's ConvModule.
    """

    def __init__(self,
                 num_levels: int,
                 in_channels: int,
                 feat_channels: int,
                 out_channels: int,
                 num_convs: int = 2,
                 use_depthwise: bool = False,
                 norm_cfg: dict = dict(type='BN', momentum=0.03, eps=0.001),
                 act_cfg: dict = dict(type='SiLU', inplace=True),
                 init_cfg=None):
        super().__init__(init_cfg=init_cfg)
        conv = DepthwiseSeparableConvModule if use_depthwise else ConvModule
        channels = [in_channels] + [feat_channels] * num_convs
        self.convs = nn.ModuleList(
            nn.Sequential(*[
                conv(i, o, 3, padding=1, norm_cfg=norm_cfg, act_cfg=act_cfg)
                for i, o in zip(channels, channels[1:])
            ]) for _ in range(num_levels))
        self.outputs = nn.ModuleList(
            nn.Conv2d(channels[-1], out_channels, 1) for _ in range(num_levels))

    def forward(self, feats: Sequence[Tensor]) -> List[Tensor]:
        """Maps L features (B, C, H, W) to L outputs (B, out_channels, H, W)."""
        return [
            output(convs(feat))
            for convs, output, feat in zip(self.convs, self.outputs, feats)
        ]


def flatten_levels(maps: Sequence[Tensor]) -> Tensor:
    """L maps (B, C, H, W) to (B, A, C), in the order of the priors."""
    return torch.cat([m.flatten(2).transpose(1, 2) for m in maps], dim=1)
