"""Convolutional branches that run on every feature level."""
from typing import Any, Callable, List, Optional, Sequence

import torch
from mmcv.cnn import ConvModule, DepthwiseSeparableConvModule, build_activation_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from .point_aggregation import PointAggregation


class LevelStem(BaseModule):
    """Stacked 3x3 convolutions on each of L levels.

    Args:
        num_levels (int): L.
        in_channels (int): Channels of the features.
        feat_channels (int): Channels of the convolutions.
        num_convs (int): Number of convolutions. Defaults to 2.
        use_depthwise (bool): Use depthwise separable convolutions. Defaults to False.
        shared (bool): Share the weights between levels. Defaults to False.
        norm_cfg, act_cfg (dict): As in mmcv's ConvModule.
    """

    def __init__(self,
                 num_levels: int,
                 in_channels: int,
                 feat_channels: int,
                 num_convs: int = 2,
                 use_depthwise: bool = False,
                 shared: bool = False,
                 norm_cfg: dict = dict(type='BN', momentum=0.03, eps=0.001),
                 act_cfg: dict = dict(type='SiLU', inplace=True),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg=init_cfg)
        conv = DepthwiseSeparableConvModule if use_depthwise else ConvModule
        channels = [in_channels] + [feat_channels] * num_convs
        self.stem_channels = channels[-1]
        self.convs = per_level(
            lambda: nn.Sequential(*[
                conv(i, o, 3, padding=1, norm_cfg=norm_cfg, act_cfg=act_cfg)
                for i, o in zip(channels, channels[1:])
            ]), num_levels, shared)

    def forward(self, feats: Sequence[Tensor]) -> List[Tensor]:
        """Maps L features (B, C, H, W) to L features (B, feat_channels, H, W)."""
        return [convs(feat) for convs, feat in zip(self.convs, feats)]


class LevelBranch(LevelStem):
    """A stem followed by a 1x1 output convolution.

    Args:
        num_levels, in_channels, feat_channels (int): As :class:`LevelStem`.
        out_channels (int): Channels of the output.
        num_convs, use_depthwise, shared, norm_cfg, act_cfg: As :class:`LevelStem`.
    """

    def __init__(self, num_levels: int, in_channels: int, feat_channels: int,
                 out_channels: int, num_convs: int = 2, use_depthwise: bool = False,
                 shared: bool = False, **kwargs: Any) -> None:
        super().__init__(num_levels, in_channels, feat_channels, num_convs,
                         use_depthwise, shared, **kwargs)
        self.outputs = per_level(lambda: nn.Conv2d(self.stem_channels, out_channels, 1),
                                 num_levels, shared)

    def forward(self, feats: Sequence[Tensor]) -> List[Tensor]:
        """Maps L features (B, C, H, W) to L outputs (B, out_channels, H, W)."""
        return [output(f) for output, f in zip(self.outputs, super().forward(feats))]


class AlignedBranch(LevelBranch):
    """A branch that aggregates features at P points around each cell before its output.

    Args:
        num_levels, in_channels, feat_channels (int): As :class:`LevelStem`.
        out_channels (int): Channels of the output.
        num_points (int): P.
        gathered_channels (int, optional): Reduces the stem's channels to this number before
            gathering, which stores each channel P times. Defaults to no reduction.
        shared, act_cfg, **kwargs: As :class:`LevelBranch`.
    """

    def __init__(self, num_levels: int, in_channels: int, feat_channels: int,
                 out_channels: int, num_points: int,
                 gathered_channels: Optional[int] = None, shared: bool = False,
                 act_cfg: dict = dict(type='SiLU', inplace=True), **kwargs: Any) -> None:
        super().__init__(num_levels, in_channels, feat_channels, out_channels,
                         shared=shared, act_cfg=act_cfg, **kwargs)
        width, narrow = self.stem_channels, gathered_channels or self.stem_channels
        self.reductions = per_level(
            lambda: nn.Conv2d(width, narrow, 1) if gathered_channels else nn.Identity(),
            num_levels, shared)
        self.aggregations = per_level(
            lambda: PointAggregation(narrow, width, num_points), num_levels, shared)
        self.activate = build_activation_layer(act_cfg)

    def embed(self, feats: Sequence[Tensor], points: Sequence[Tensor]) -> List[Tensor]:
        """Computes the aggregated features (B, feat_channels, H, W) before the output.

        Args:
            feats (Sequence[Tensor]): L features (B, C, H, W).
            points (Sequence[Tensor]): L maps of x, y in cells, (B, 2P, H, W).
        """
        stems = LevelStem.forward(self, feats)
        return [
            self.activate(aggregate(reduce(stem), p)) for aggregate, reduce, stem, p
            in zip(self.aggregations, self.reductions, stems, points)
        ]

    def forward(  # type: ignore[override]  # it also takes points
            self, feats: Sequence[Tensor], points: Sequence[Tensor]) -> List[Tensor]:
        """Maps L features and points to L outputs (B, out_channels, H, W)."""
        embedded = self.embed(feats, points)
        return [output(feat) for output, feat in zip(self.outputs, embedded)]


def per_level(make: Callable[[], nn.Module], num_levels: int,
              shared: bool) -> nn.ModuleList:
    """Makes a module for each level, or one that all levels share."""
    if shared:
        return nn.ModuleList([make()] * num_levels)
    return nn.ModuleList(make() for _ in range(num_levels))


def flatten_levels(maps: Sequence[Tensor]) -> Tensor:
    """Flattens L maps (B, C, H, W) to (B, A, C), in the order of the priors."""
    return torch.cat([m.flatten(2).transpose(1, 2) for m in maps], dim=1)
