"""Base class of all heads: keypoint metadata, priors, heatmap branch, results."""
from typing import Any, Optional, Sequence, Tuple

import torch
from mmengine.dist import get_world_size
from mmengine.model import BaseModule, bias_init_with_prob
from mmengine.structures import InstanceData
from mmpose.models.losses.heatmap_loss import FocalHeatmapLoss
from mmpose.registry import MODELS
from mmpose.utils import reduce_mean
from torch import Tensor

from erpose.models.decoders import Poses
from erpose.models.layers import LevelBranch
from erpose.structures import (
    PointPriors,
    PoseTargets,
    inside_boxes,
    keypoint_heatmaps,
    point_priors,
    pose_boxes,
)
from erpose.structures.metainfo import parse_metainfo


class PoseHead(BaseModule):
    """Base class of the pose heads, which have a ``score_branch`` and a ``pose_branch``.

    Args:
        metainfo (dict): The data set's, whole or as ``dict(from_file='…')``. K and the
            sigmas come from here.
        strides (Sequence[int]): Of the features, in pixels.
    """
    score_branch: LevelBranch
    pose_branch: LevelBranch

    def __init__(self, metainfo: dict, strides: Sequence[int],
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg=init_cfg)
        metainfo = parse_metainfo(metainfo)
        self.num_keypoints = metainfo['num_keypoints']
        self.flip_indices = metainfo['flip_indices']
        self.strides = tuple(strides)
        self.register_buffer('sigmas', torch.tensor(metainfo['sigmas']), persistent=False)
        self.heatmap_branch: Optional[LevelBranch] = None

    def add_heatmaps(self, levels: int, in_channels: int, feat_channels: int, sigma: float,
                     loss: dict, num_convs: int = 1, **layers: Any) -> None:
        """Makes the branch that predicts heatmaps of the first levels.

        Args:
            levels (int): How many.
            in_channels, feat_channels (int): Of the features and of the branch.
            sigma (float): Of the targets, in cells.
            loss (dict): Of MMPose's heatmap losses.
            num_convs (int): Stacked convolutions. Defaults to 1.
            **layers: Further settings of :class:`LevelBranch`.
        """
        self.heatmap_branch = LevelBranch(levels, in_channels, feat_channels,
                                          self.num_keypoints, num_convs, **layers)
        self.heatmap_sigma = sigma
        self.loss_heatmap = MODELS.build(loss)

    def init_weights(self) -> None:
        """Scores and heatmaps start at 0.01, offsets at 0."""
        super().init_weights()
        for branch in (self.score_branch, self.heatmap_branch):
            if branch is not None:
                init_score_bias(branch)
        init_offsets(self.pose_branch)

    def priors(self, feats: Sequence[Tensor]) -> PointPriors:
        """The priors of the given features."""
        if len(feats) != len(self.strides):
            raise ValueError(f'{len(feats)} feature levels for {len(self.strides)} strides '
                             f'{self.strides}')
        return point_priors([f.shape[-2:] for f in feats], self.strides, feats[0].device)

    def heatmap_losses(self, feats: Tuple[Tensor, ...], targets: PoseTargets) -> dict:
        """``loss_heatmap``, the mean over the levels, if the branch is there.

        A channel is not supervised in an image if the data set of one of its persons does
        not define the keypoint; cells inside regions to ignore are not supervised either.
        """
        if self.heatmap_branch is None:
            return {}
        levels = len(self.heatmap_branch.outputs)
        supervised = (targets.supervised.bool() | ~targets.valid.unsqueeze(-1)).all(1)
        losses = []
        for logits, stride in zip(self.heatmap_branch(feats[:levels]), self.strides):
            height, width = logits.shape[-2:]
            goal = keypoint_heatmaps(targets, height, width, stride, self.heatmap_sigma)
            points = point_priors([(height, width)], [stride], logits.device).points
            mask = ~inside_boxes(points, targets.ignore).view(-1, 1, height, width)
            mask = (mask & supervised[..., None, None]).float()
            heatmaps = logits.float().sigmoid().clamp(1e-4, 1 - 1e-4)
            loss = self.loss_heatmap(heatmaps, goal, mask=mask)
            if isinstance(self.loss_heatmap, FocalHeatmapLoss):
                peaks = (goal.eq(1) * mask).sum()  # which it divides by, in each process
                loss = loss * (peaks.clamp(min=1) / mean_count(peaks))
            losses.append(loss)
        return dict(loss_heatmap=sum(losses) / levels)


def mean_count(count: Tensor) -> Tensor:
    """Normaliser of a loss that is summed over the images of this process.

    It is ``max(sum_p count_p, 1) / P`` over P processes: DDP averages the gradients of the
    processes, and with this normaliser the average is the gradient that one process with
    all images would have.

    Args:
        count (Tensor): Positives or their weights in this process, a scalar.
    """
    return reduce_mean(count.float()).clamp(min=1 / get_world_size())


def init_score_bias(branch: LevelBranch) -> None:
    """Makes all scores start at 0.01 (RetinaNet's prior probability)."""
    for output in branch.outputs:
        weight, bias = output.parameters()
        torch.nn.init.normal_(weight, std=0.01)
        torch.nn.init.constant_(bias, bias_init_with_prob(0.01))


def init_offsets(branch: LevelBranch) -> None:
    """Makes all offsets start at 0: at the prior, or at the pose of an earlier stage."""
    for output in branch.outputs:
        weight, bias = output.parameters()
        torch.nn.init.normal_(weight, std=0.01)
        torch.nn.init.zeros_(bias)


def to_instances(poses: Poses, threshold: float, input_size: Sequence[int]) -> InstanceData:
    """The poses of one image that score more than the threshold, as MMPose has them.

    Args:
        poses (Poses): Without the batch dimension.
        threshold (float): Of the scores.
        input_size (tuple[int, int]): Width and height of the network input, in pixels.

    Returns:
        InstanceData: numpy ``keypoints`` (N, K, 2), ``keypoint_scores`` (N, K), ``bboxes``
        (N, 4) derived from the keypoints, ``bbox_scores`` (N, ).
    """
    kept = poses.scores > threshold
    scores, keypoints, visibilities = (field[kept].detach() for field in poses)
    boxes = pose_boxes(keypoints)
    boxes[:, 0::2].clamp_(0, input_size[0])
    boxes[:, 1::2].clamp_(0, input_size[1])
    return InstanceData(
        keypoints=keypoints,
        keypoint_scores=visibilities,
        keypoints_visible=visibilities,
        bboxes=boxes,
        bbox_scores=scores,
        scores=scores,
        labels=torch.zeros_like(scores, dtype=torch.long)).cpu().numpy()
