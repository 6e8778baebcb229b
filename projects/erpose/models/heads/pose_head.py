"""Base class of all heads: metadata, priors, heatmap branch, packing of results."""
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
    """Base class of the pose heads. Subclasses have a ``score_branch`` and ``pose_branch``.

    Args:
        metainfo (dict): Metainfo of the data set, or ``dict(from_file='…')``. It defines K
            and the sigmas.
        strides (Sequence[int]): Strides of the features, in pixels.
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
        """Builds the branch that predicts heatmaps of the first levels.

        Args:
            levels (int): Number of levels with heatmaps.
            in_channels, feat_channels (int): Channels of the features and of the branch.
            sigma (float): Sigma of the targets, in cells.
            loss (dict): One of MMPose's heatmap losses.
            num_convs (int): Number of stacked convolutions. Defaults to 1.
            **layers: Further arguments of :class:`LevelBranch`.
        """
        self.heatmap_branch = LevelBranch(levels, in_channels, feat_channels,
                                          self.num_keypoints, num_convs, **layers)
        self.heatmap_sigma = sigma
        self.loss_heatmap = MODELS.build(loss)

    def init_weights(self) -> None:
        """Initialises scores and heatmaps to 0.01 and offsets to 0."""
        super().init_weights()
        for branch in (self.score_branch, self.heatmap_branch):
            if branch is not None:
                init_score_bias(branch)
        init_offsets(self.pose_branch)

    def priors(self, feats: Sequence[Tensor]) -> PointPriors:
        """Generates the priors of the given features."""
        if len(feats) != len(self.strides):
            raise ValueError(f'expected one feature level per stride {self.strides}, got '
                             f'{len(feats)} levels')
        return point_priors([f.shape[-2:] for f in feats], self.strides, feats[0].device)

    def heatmap_losses(self, feats: Tuple[Tensor, ...], targets: PoseTargets) -> dict:
        """Computes ``loss_heatmap``, the mean over the levels, if there is a branch.

        A channel is not supervised in an image if the data set of one of its persons does
        not define the keypoint. Cells inside regions to ignore are not supervised.
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
                peaks = (goal.eq(1) * mask).sum()  # its normaliser, of this process only
                loss = loss * (peaks.clamp(min=1) / mean_count(peaks))
            losses.append(loss)
        return dict(loss_heatmap=sum(losses) / levels)


def mean_count(count: Tensor) -> Tensor:
    """Normaliser of a loss that is summed over the images of this process.

    It is ``max(sum_p count_p, 1) / P`` over P processes. As DDP averages the gradients of
    the processes, the result equals the gradient of one process with all images.

    Args:
        count (Tensor): Number of positives in this process, or the sum of their weights, a
            scalar.
    """
    return reduce_mean(count.float()).clamp(min=1 / get_world_size())


def init_score_bias(branch: LevelBranch) -> None:
    """Initialises all scores to 0.01 (RetinaNet's prior probability)."""
    for output in branch.outputs:
        weight, bias = output.parameters()
        torch.nn.init.normal_(weight, std=0.01)
        torch.nn.init.constant_(bias, bias_init_with_prob(0.01))


def init_offsets(branch: LevelBranch) -> None:
    """Initialises all offsets to 0: the prior, or the pose of an earlier stage."""
    for output in branch.outputs:
        weight, bias = output.parameters()
        torch.nn.init.normal_(weight, std=0.01)
        torch.nn.init.zeros_(bias)


def to_instances(poses: Poses, threshold: float, input_size: Sequence[int]) -> InstanceData:
    """Converts poses of one image to MMPose's results, dropping low scores.

    Args:
        poses (Poses): Poses without the batch dimension.
        threshold (float): Only poses that score more are kept.
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
