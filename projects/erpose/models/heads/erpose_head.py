"""The ER-Pose head: layers and wiring. Nothing in it knows a box."""
from typing import List, Optional, Sequence, Tuple

import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS, TASK_UTILS
from torch import Tensor

from erpose.models.decoders import Poses, decode_poses
from erpose.models.layers import LevelBranch, flatten_levels
from erpose.structures import PoseTargets, collect_targets, inside_boxes

from .pose_head import PoseHead, mean_count, start_at_zero, start_rare, to_instances


@MODELS.register_module()
class ERPoseHead(PoseHead):
    """Keypoint-driven, NMS-free pose head (our reading of ER-Pose's abstract).

    ::

        features --+-- pose branch ----------> 2K offsets + K visibilities --+
                   +-- one-to-many scores -----------------------------------+--> poses
                   +-- detached -- one-to-one scores ------------------------+
                   +-- heatmaps at stride 8 -> (training only)

    The pose branch learns from all one-to-many positives. The one-to-one scores, on
    features whose gradient is cut, learn to pick one prior a person, so nothing needs
    suppressing. The one-to-many scores, learnt from many more positives, tell good poses
    from bad ones better. At inference the geometric mean of both ranks.

    Args:
        metainfo (dict): The data set's, whole or as ``dict(from_file='…')``. K and the
            sigmas come from here.
        in_channels (int): Channels of each feature level.
        score_channels (int): Width of the score branches. Defaults to 64.
        pose_channels (int): Width of the pose branch: it predicts 3K numbers and is the
            wider one. Defaults to 128.
        num_convs (int): Stacked convolutions of a score branch; the pose branch has one
            more. Defaults to 2.
        use_depthwise (bool): Depthwise separable convolutions. Defaults to False.
        strides (Sequence[int]): Of the features, in pixels. Defaults to (8, 16, 32).
        heatmap_sigma (float): Sigma of the heatmap targets in cells. Defaults to 2.0
            (PoseDet, section 3.3).
        assigner (dict): One-to-many assigner.
        one_to_one_assigner (dict): One-to-one assigner. Defaults to score * OKS^2: the
            score's larger say keeps the choice among equally good neighbours from one step
            to the next; with score^0.5 * OKS^6 it jumps, and duplicates stay.
        decoder (dict): Decodes without NMS, ranked by both scores.
        one_to_many_decoder (dict): Decodes the one-to-many outputs, when
            ``test_cfg['one_to_many']`` asks for them.
        loss_score, loss_pose, loss_vis, loss_heatmap (dict): The losses. ``loss_score``
            serves both sets of scores. ``loss_heatmap=None`` drops the branch.
    """

    def __init__(self,
                 metainfo: dict,
                 in_channels: int,
                 score_channels: int = 64,
                 pose_channels: int = 128,
                 num_convs: int = 2,
                 use_depthwise: bool = False,
                 strides: Sequence[int] = (8, 16, 32),
                 heatmap_sigma: float = 2.0,
                 assigner: dict = dict(type='KeypointDynamicAssigner'),
                 one_to_one_assigner: dict = dict(
                     type='KeypointDynamicAssigner', topk=1, score_power=1.0),
                 decoder: dict = dict(type='NMSFreePoseDecoder'),
                 one_to_many_decoder: dict = dict(type='OKSNMSPoseDecoder'),
                 loss_score: dict = dict(
                     type='VariFocalLoss', use_target_weight=True, reduction='sum'),
                 loss_pose: dict = dict(type='SmoothOKSLoss', loss_weight=20.0),
                 loss_vis: dict = dict(
                     type='BCELoss', use_target_weight=True,
                     reduction='sum', loss_weight=0.5),
                 loss_heatmap: Optional[dict] = dict(type='FocalHeatmapLoss'),
                 init_cfg=None):
        super().__init__(metainfo, strides, init_cfg)

        def branch(feat_channels, out_channels, convs):
            return LevelBranch(
                len(strides), in_channels, feat_channels, out_channels, convs,
                use_depthwise)

        self.score_branch = branch(score_channels, 1, num_convs)
        self.pose_branch = branch(pose_channels, 3 * self.num_keypoints, num_convs + 1)
        self.one_to_many_score_branch = branch(score_channels, 1, num_convs)
        if loss_heatmap is not None:
            self.add_heatmaps(1, in_channels, score_channels, heatmap_sigma, loss_heatmap,
                              use_depthwise=use_depthwise)

        self.assigner = TASK_UTILS.build(assigner)
        self.one_to_one_assigner = TASK_UTILS.build(one_to_one_assigner)
        self.decoder = TASK_UTILS.build(decoder)
        sigmas = self.sigmas.tolist()
        self.one_to_many_decoder = TASK_UTILS.build(
            dict(one_to_many_decoder, sigmas=sigmas))
        self.loss_score = MODELS.build(loss_score)
        self.loss_pose = MODELS.build(dict(loss_pose, sigmas=sigmas))
        self.loss_vis = MODELS.build(loss_vis)

    def init_weights(self):
        super().init_weights()
        for branch in (self.score_branch, self.one_to_many_score_branch,
                       self.heatmap_branch):
            if branch is not None:
                start_rare(branch)
        start_at_zero(self.pose_branch)

    def forward(self, feats: Tuple[Tensor, ...]) -> Tuple[List[Tensor], ...]:
        """What inference needs, level by level.

        Returns:
            tuple[list[Tensor], list[Tensor], list[Tensor]]: L maps (B, 1, H, W) of
            one-to-one score logits, as many of one-to-many ones, and L maps (B, 3K, H, W)
            of poses: x, y offsets in strides of each keypoint in turn, then K visibility
            logits.
        """
        return (self.score_branch(feats), self.one_to_many_score_branch(feats),
                self.pose_branch(feats))

    def loss(self, feats: Tuple[Tensor, ...], batch_data_samples: list,
             train_cfg: dict = {}) -> dict:
        """Losses of a batch, see :class:`BottomupPoseEstimator`.

        Besides the losses, ``oks`` is the mean OKS of the poses that the one-to-one
        assignment chose: what training improves, in the metric's own unit.
        """
        self.check_trainable()
        poses = flatten_levels(self.pose_branch(feats))
        many = flatten_levels(self.one_to_many_score_branch(feats)).squeeze(-1)
        one = flatten_levels(self.score_branch([f.detach() for f in feats])).squeeze(-1)
        offsets, visibilities = self._split(poses)
        priors = self.priors(feats)
        keypoints = decode_poses(offsets.float(), priors.points, priors.strides)

        targets = collect_targets(batch_data_samples, self.num_keypoints, poses.device)
        ignored = inside_boxes(priors.points, targets.ignore)
        assigned = self.assigner.assign(many.detach().sigmoid(), keypoints.detach(),
                                        targets, priors, self.sigmas)
        single = self.one_to_one_assigner.assign(one.detach().sigmoid(),
                                                 keypoints.detach(), targets, priors,
                                                 self.sigmas)
        chosen = single.person >= 0
        losses = dict(
            oks=single.score.sum() / chosen.sum().clamp(min=1),
            loss_score=self._score_loss(many, assigned, ignored),
            loss_score_one=self._score_loss(one, single, ignored))
        losses.update(self._pose_losses(keypoints, visibilities, assigned, targets))
        losses.update(self.heatmap_losses(feats, targets))
        return losses

    def predict(self, feats: Tuple[Tensor, ...], batch_data_samples: list,
                test_cfg: dict = {}) -> List[InstanceData]:
        """Poses of a batch, in pixels of the network input.

        ``test_cfg`` may hold ``score_thr`` (drop what scores less, default 0) and
        ``one_to_many`` (decode the one-to-many outputs with OKS-NMS, default False).

        Returns:
            list[InstanceData]: numpy ``keypoints`` (N, K, 2), ``keypoint_scores`` (N, K),
            ``bboxes`` (N, 4) derived from the keypoints, ``bbox_scores`` (N, ).
        """
        if isinstance(feats[0], (list, tuple)):
            raise ValueError('flip and multi-scale testing are not supported: '
                             "remove flip_test and multiscale_test from test_cfg")
        poses = self.decode(feats, test_cfg.get('one_to_many', False))
        threshold = test_cfg.get('score_thr', 0.0)
        return [
            to_instances(Poses(*fields), threshold, sample.metainfo['input_size'])
            for *fields, sample in zip(*poses, batch_data_samples)
        ]

    def decode(self, feats: Tuple[Tensor, ...], one_to_many: bool = False) -> Poses:
        """Features to the best N poses of each image."""
        one, many, poses = (flatten_levels(maps).float() for maps in self(feats))
        one, many = one.squeeze(-1).sigmoid(), many.squeeze(-1).sigmoid()
        offsets, visibilities = self._split(poses)
        decoder, scores = self.decoder, (one * many).sqrt()
        if one_to_many:
            decoder, scores = self.one_to_many_decoder, many
        return decoder.decode(scores, offsets, visibilities, self.priors(feats))

    def _split(self, poses: Tensor) -> Tuple[Tensor, Tensor]:
        return poses.split([2 * self.num_keypoints, self.num_keypoints], dim=-1)

    def _score_loss(self, logits, assignment, ignored) -> Tensor:
        weight = (~ignored | (assignment.person >= 0)).float()
        total = self.loss_score(logits.float().reshape(-1, 1),
                                assignment.score.reshape(-1, 1), weight.reshape(-1))
        return total / mean_count(assignment.score.sum())

    def _pose_losses(self, keypoints, visibilities, assignment,
                     targets: PoseTargets) -> dict:
        image, prior = torch.nonzero(assignment.person >= 0, as_tuple=True)
        person = assignment.person[image, prior]
        labelled = targets.labelled[image, person]
        supervised = targets.supervised[image, person]
        count = mean_count(labelled.new_tensor(len(person)))
        return dict(
            loss_pose=self.loss_pose(
                keypoints[image, prior], targets.keypoints[image, person], labelled,
                targets.area[image, person], avg_factor=count),
            loss_vis=self.loss_vis(visibilities[image, prior].float(), labelled,
                                   supervised) / (count * self.num_keypoints))
