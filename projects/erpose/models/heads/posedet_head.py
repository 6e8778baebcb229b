"""The PoseDet head: coarse poses, refined and scored by a pose embedding."""
from typing import Any, List, Optional, Sequence, Tuple

import torch
from mmpose.registry import MODELS, TASK_UTILS
from torch import Tensor

from erpose.models.layers import AlignedBranch, LevelBranch, flatten_levels
from erpose.structures import collect_targets, inside_boxes

from .pose_head import init_offsets, mean_count
from .refining_pose_head import RefiningPoseHead


@MODELS.register_module()
class PoseDetHead(RefiningPoseHead):
    """PoseDet (arXiv 2107.10466).

    ::

        features -+- bypass ------------> 2K coarse offsets --+-------------(+)--> poses
                  |                           | K points      |              |
                  +- regression convs -- pose embedding --> 2K refinements --+
                  +- score convs ------- pose embedding --> score
                  +- heatmaps of every level -> (training only)

    - The bypass is trained at one prior per person (``assigner``).
    - The refinement is trained where the coarse pose has an OKS above ``refine_thr``.
    - The positives of the score are coarse poses with an OKS above ``positive_thr``, the
      negatives those below ``negative_thr``; poses in between are ignored.

    The paper does not specify the depth of the bypass (here that of the other branches),
    the units of the displacements (strides) and the weight of the heatmap loss (10 gives
    its mean over the cells the magnitude of the other losses).

    Args:
        metainfo (dict): Metainfo of the data set, or ``dict(from_file='…')``.
        in_channels (int): Channels of each feature level.
        feat_channels (int): Width of the branches. Defaults to 256.
        gathered_channels (int, optional): Channels gathered at each keypoint for the
            embeddings, see :class:`AlignedBranch`. Defaults to ``feat_channels``.
        num_convs (int): 3x3 convolutions before an embedding. Defaults to 2 (section 3.2).
        strides (Sequence[int]): Strides of the features, in pixels. Defaults to
            (8, 16, 32).
        refine (bool): If False, coarse poses are the result (Table 4). Defaults to True.
        positive_thr, negative_thr, refine_thr (float): OKS thresholds. Default to 0.6, 0.5
            and 0.7 (section 3.2).
        point_gradient (float): Share of the embedding's gradient that reaches the coarse
            pose. Defaults to 0.1 (RepPoints, which the paper starts from).
        heatmap_sigma (float): Sigma of the heatmap targets in cells. Defaults to 2.0
            (section 3.2).
        assigner (dict): Assigner of the bypass.
        decoder (dict): Decoder with OKS-NMS.
        loss_coarse, loss_fine, loss_score, loss_heatmap (dict): The losses (equation 4).
            ``loss_heatmap=None`` drops the branch (Table 5).
        **layers: Further arguments of the branches: ``use_depthwise``, ``shared``,
            ``norm_cfg``, ``act_cfg``.
    """

    def __init__(self,
                 metainfo: dict,
                 in_channels: int,
                 feat_channels: int = 256,
                 gathered_channels: Optional[int] = None,
                 num_convs: int = 2,
                 strides: Sequence[int] = (8, 16, 32),
                 refine: bool = True,
                 positive_thr: float = 0.6,
                 negative_thr: float = 0.5,
                 refine_thr: float = 0.7,
                 point_gradient: float = 0.1,
                 heatmap_sigma: float = 2.0,
                 assigner: dict = dict(type='CentroidAssigner'),
                 decoder: dict = dict(type='OKSNMSPoseDecoder'),
                 loss_coarse: dict = dict(type='DisplacementLoss', power=2),
                 loss_fine: dict = dict(type='DisplacementLoss', power=2),
                 loss_score: dict = dict(type='FocalScoreLoss'),
                 loss_heatmap: Optional[dict] = dict(
                     type='KeypointMSELoss', loss_weight=10.0),
                 init_cfg: Optional[dict] = None,
                 **layers: Any) -> None:
        super().__init__(metainfo, strides, decoder, init_cfg)
        self.positive_thr = positive_thr
        self.negative_thr = negative_thr
        self.refine_thr = refine_thr
        self.point_gradient = point_gradient
        levels, count = len(strides), self.num_keypoints
        layers['num_convs'] = num_convs
        aligned = dict(layers, gathered_channels=gathered_channels)
        self.pose_branch = LevelBranch(levels, in_channels, feat_channels, 2 * count,
                                       **layers)
        self.score_branch = AlignedBranch(levels, in_channels, feat_channels, 1, count,
                                          **aligned)
        self.refine_branch = None
        if refine:
            self.refine_branch = AlignedBranch(levels, in_channels, feat_channels,
                                               2 * count, count, **aligned)
            self.loss_fine = MODELS.build(loss_fine)
        if loss_heatmap is not None:
            layers.pop('num_convs')
            self.add_heatmaps(levels, in_channels, feat_channels, heatmap_sigma,
                              loss_heatmap, **layers)
        self.assigner = TASK_UTILS.build(assigner)
        self.loss_coarse = MODELS.build(loss_coarse)
        self.loss_score = MODELS.build(loss_score)

    def init_weights(self) -> None:
        super().init_weights()
        if self.refine_branch is not None:
            init_offsets(self.refine_branch)

    def forward(self, feats: Tuple[Tensor, ...]) -> Tuple[List[Tensor], List[Tensor]]:
        """Predicts scores in [0, 1], L maps (B, 1, H, W), and offsets, L maps
        (B, 2K, H, W)."""
        coarse, fine, logits = self._outputs(feats)
        return ([score.sigmoid() for score in logits],
                [a + b for a, b in zip(coarse, fine)])

    def loss(self, feats: Tuple[Tensor, ...], batch_data_samples: list,
             train_cfg: dict = {}) -> dict:
        """Computes the losses; ``oks`` is the mean coarse OKS at the assigned priors."""
        self.check_trainable()
        coarse, fine, logits = (flatten_levels(maps).float()
                                for maps in self._outputs(feats))
        logits = logits.squeeze(-1)
        priors = self.priors(feats)
        targets = collect_targets(batch_data_samples, self.num_keypoints, coarse.device)
        oks, person = self.nearest_person(coarse, targets, priors)
        first = self.assigner.assign(targets, priors)
        positive = oks > self.positive_thr
        judged = positive | ((oks < self.negative_thr)
                             & ~inside_boxes(priors.points, targets.ignore))
        chosen = first >= 0
        losses = dict(
            oks=(oks * chosen).sum() / chosen.sum().clamp(min=1),
            loss_coarse=self.displacement_loss(self.loss_coarse, coarse, first, targets,
                                               priors),
            loss_score=self.loss_score(logits, positive, judged.float())
            / mean_count(positive.sum()))
        if self.refine_branch is not None:
            good = person.masked_fill(oks <= self.refine_thr, -1)
            losses['loss_fine'] = self.displacement_loss(
                self.loss_fine, coarse.detach() + fine, good, targets, priors)
        losses.update(self.heatmap_losses(feats, targets))
        return losses

    def _outputs(self, feats: Tuple[Tensor, ...]
                 ) -> Tuple[List[Tensor], List[Tensor], List[Tensor]]:
        """Coarse offsets, refinements and score logits, by level."""
        coarse = self.pose_branch(feats)
        share = self.point_gradient
        points = [share * c + (1 - share) * c.detach() for c in coarse]
        if self.refine_branch is None:
            fine = [torch.zeros_like(c) for c in coarse]
        else:
            fine = self.refine_branch(feats, points)
        return coarse, fine, self.score_branch(feats, points)
