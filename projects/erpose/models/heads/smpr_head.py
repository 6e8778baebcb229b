"""The SMPR head: initial pose, refinement, and a score of the pose's quality."""
from typing import Any, List, Optional, Sequence, Tuple

import torch
from mmpose.registry import MODELS, TASK_UTILS
from torch import Tensor, nn

from erpose.models.layers import (
    AlignedBranch,
    LevelBranch,
    LevelStem,
    flatten_levels,
    per_level,
)
from erpose.structures import collect_targets, inside_boxes

from .pose_head import init_offsets, mean_count
from .refining_pose_head import RefiningPoseHead

Outputs = Tuple[List[Tensor], List[Tensor], List[Tensor], Optional[List[Tensor]]]
"""Initial offsets, refinements, score logits and pose-score logits, by level."""

TAPS = 9
"""Taps of the aggregation, a 3x3 deformable convolution."""


@MODELS.register_module()
class SMPRHead(RefiningPoseHead):
    """SMPR (arXiv 2006.15576).

    ::

        features -+- regression convs -+-> 2K initial offsets ---+-----------(+)--> poses
                  |                    |        | 3x3 taps       |            |
                  |                    +-- aggregation -+-> 2K refinements ---+
                  |                                     +-> pose score --+
                  +- score convs ---------- aggregation ---> score ------+--> confidence
                  +- heatmaps at the first stride -> (training only)

    - The initial pose is trained at the priors near a person (``assigner``), which are the
      positives of the score.
    - The refinement is trained where the refined pose has an OKS above ``refine_thr``.
    - The target of the pose score is the refined pose's OKS, by BCE, at the priors near a
      person (the paper does not say where). The confidence is its product with the score.

    Args:
        metainfo (dict): Metainfo of the data set, or ``dict(from_file='…')``.
        in_channels (int): Channels of each feature level.
        feat_channels (int): Width of the branches. Defaults to 256.
        gathered_channels (int, optional): Channels gathered at each tap, see
            :class:`AlignedBranch`. Defaults to ``feat_channels``.
        num_convs (int): 3x3 convolutions before an aggregation. Defaults to 3 (RepPoints,
            which the paper extends).
        strides (Sequence[int]): Strides of the features, in pixels. Defaults to
            (8, 16, 32).
        refine (bool): If False, initial poses are the result (Table I, "baseline").
            Defaults to True.
        refine_thr (float, optional): OKS threshold of the refinement. None: it is trained
            at the same priors as the initial pose (Table I, "+ refine"). Defaults to 0.5
            (Figure 6).
        pose_score (bool): Whether to predict a pose score. Defaults to True (Table I,
            "+ PSM").
        point_gradient (float): Share of the aggregation's gradient that reaches the
            initial pose. Defaults to 0.1 (RepPoints).
        heatmap_sigma (float): Sigma of the heatmap targets in cells. Defaults to 2.0.
        assigner (dict): Assigner of the initial pose and the score. ``side=None`` takes
            the whole box (Table I, "baseline").
        decoder (dict): Decoder with Soft-NMS by OKS; 0.3 is section IV-A's.
        loss_score, loss_heatmap, loss_initial, loss_refined, loss_pose_score (dict): The
            losses of equation 5. The paper's L1 is a sum over keypoints and ours a mean, so
            the default weights are the paper's times 17. ``loss_heatmap=None`` drops the
            branch (Table I).
        **layers: Further arguments of the branches: ``use_depthwise``, ``shared``,
            ``norm_cfg``, ``act_cfg``.
    """

    def __init__(self,
                 metainfo: dict,
                 in_channels: int,
                 feat_channels: int = 256,
                 gathered_channels: Optional[int] = None,
                 num_convs: int = 3,
                 strides: Sequence[int] = (8, 16, 32),
                 refine: bool = True,
                 refine_thr: Optional[float] = 0.5,
                 pose_score: bool = True,
                 point_gradient: float = 0.1,
                 heatmap_sigma: float = 2.0,
                 assigner: dict = dict(type='ShrunkBoxAssigner'),
                 decoder: dict = dict(type='OKSNMSPoseDecoder', nms_thr=0.3, soft=True),
                 loss_score: dict = dict(type='FocalScoreLoss'),
                 loss_heatmap: Optional[dict] = dict(
                     type='FocalHeatmapLoss', loss_weight=4.0),
                 loss_initial: dict = dict(
                     type='DisplacementLoss', power=1, loss_weight=0.05 * 17),
                 loss_refined: dict = dict(
                     type='DisplacementLoss', power=1, loss_weight=0.1 * 17),
                 loss_pose_score: dict = dict(
                     type='BCELoss', use_target_weight=True, reduction='sum'),
                 init_cfg: Optional[dict] = None,
                 **layers: Any) -> None:
        super().__init__(metainfo, strides, decoder, init_cfg)
        if pose_score and not refine:
            raise ValueError('pose_score=True needs refine=True: it scores refined poses')
        self.refine = refine
        self.refine_thr = refine_thr
        self.point_gradient = point_gradient
        levels, size = len(strides), 2 * self.num_keypoints
        shared = layers.get('shared', False)
        self.stem = LevelStem(levels, in_channels, feat_channels, num_convs, **layers)
        self.pose_branch = LevelBranch(levels, feat_channels, feat_channels, size, 1,
                                       **layers)
        if refine:
            aligned = dict(layers, gathered_channels=gathered_channels)
            self.taps = per_level(lambda: nn.Conv2d(size, 2 * TAPS, 1), levels, shared)
            self.refine_branch = AlignedBranch(levels, feat_channels, feat_channels, size,
                                               TAPS, num_convs=0, **aligned)
            self.score_branch = AlignedBranch(levels, in_channels, feat_channels, 1, TAPS,
                                              num_convs=num_convs, **aligned)
            self.loss_refined = MODELS.build(loss_refined)
        else:
            self.score_branch = LevelBranch(levels, in_channels, feat_channels, 1,
                                            num_convs, **layers)
        self.pose_score_outputs = None
        if pose_score:
            self.pose_score_outputs = per_level(
                lambda: nn.Conv2d(feat_channels, 1, 1), levels, shared)
            self.loss_pose_score = MODELS.build(loss_pose_score)
        if loss_heatmap is not None:
            self.add_heatmaps(1, in_channels, feat_channels, heatmap_sigma, loss_heatmap,
                              **layers)
        self.assigner = TASK_UTILS.build(assigner)
        self.loss_score = MODELS.build(loss_score)
        self.loss_initial = MODELS.build(loss_initial)
        y, x = torch.meshgrid(torch.arange(-1., 2), torch.arange(-1., 2), indexing='ij')
        self.register_buffer('kernel', torch.stack([x, y], -1).reshape(1, -1, 1, 1),
                             persistent=False)

    def init_weights(self) -> None:
        super().init_weights()
        if self.refine:
            init_offsets(self.refine_branch)
            for taps in self.taps:  # start with the taps of a 3x3 convolution
                weight, bias = taps.parameters()
                nn.init.normal_(weight, std=0.01)
                nn.init.zeros_(bias)

    def forward(self, feats: Tuple[Tensor, ...]) -> Tuple[List[Tensor], List[Tensor]]:
        """Predicts confidences in [0, 1], L maps (B, 1, H, W), and offsets, L maps
        (B, 2K, H, W)."""
        initial, fine, logits, quality = self._outputs(feats)
        scores = [score.sigmoid() for score in logits]
        if quality is not None:
            scores = [s * q.sigmoid() for s, q in zip(scores, quality)]
        return scores, [a + b for a, b in zip(initial, fine)]

    def loss(self, feats: Tuple[Tensor, ...], batch_data_samples: list,
             train_cfg: dict = {}) -> dict:
        """Computes the losses; ``oks`` is the mean OKS of the poses near persons."""
        self.check_trainable()
        *outputs, quality = self._outputs(feats)
        initial, fine, logits = (flatten_levels(maps).float() for maps in outputs)
        logits = logits.squeeze(-1)
        priors = self.priors(feats)
        targets = collect_targets(batch_data_samples, self.num_keypoints, initial.device)
        person = self.assigner.assign(targets, priors)
        near = person >= 0
        refined = initial.detach() + fine
        oks, nearest = self.nearest_person(refined, targets, priors)
        count = mean_count(near.sum())
        judged = near | ~inside_boxes(priors.points, targets.ignore)
        losses = dict(
            oks=(oks * near).sum() / near.sum().clamp(min=1),
            loss_score=self.loss_score(logits, near, judged.float()) / count,
            loss_initial=self.displacement_loss(self.loss_initial, initial, person,
                                                targets, priors))
        if self.refine:
            good = person
            if self.refine_thr is not None:
                good = nearest.masked_fill(oks <= self.refine_thr, -1)
            losses['loss_refined'] = self.displacement_loss(
                self.loss_refined, refined, good, targets, priors)
        if quality is not None:
            losses['loss_pose_score'] = self.loss_pose_score(
                flatten_levels(quality).float().reshape(-1, 1), oks.reshape(-1, 1),
                near.float().reshape(-1)) / count
        losses.update(self.heatmap_losses(feats, targets))
        return losses

    def _outputs(self, feats: Tuple[Tensor, ...]) -> Outputs:
        """Initial offsets, refinements, score logits and pose-score logits, by level."""
        stem = self.stem(feats)
        initial = self.pose_branch(stem)
        if not self.refine:
            return initial, [torch.zeros_like(i) for i in initial], self.score_branch(
                feats), None
        share = self.point_gradient
        points = [
            taps(share * offsets + (1 - share) * offsets.detach()) + self.kernel
            for taps, offsets in zip(self.taps, initial)
        ]
        embedded = self.refine_branch.embed(stem, points)
        fine = [out(e) for out, e in zip(self.refine_branch.outputs, embedded)]
        quality = None
        if self.pose_score_outputs is not None:
            quality = [out(e) for out, e in zip(self.pose_score_outputs, embedded)]
        return initial, fine, self.score_branch(feats, points), quality
