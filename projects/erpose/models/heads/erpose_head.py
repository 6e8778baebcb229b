"""The ER-Pose head: layers and wiring, without boxes in training or inference."""
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS, TASK_UTILS
from torch import Tensor

from erpose.models.assigners import Assignment
from erpose.models.decoders import Poses, decode_poses
from erpose.models.layers import LevelBranch, flatten_levels
from erpose.structures import PoseTargets, collect_targets, inside_boxes

from .flip_test import Maps, mean_of_views
from .pose_head import PoseHead, mean_count, to_instances


@MODELS.register_module()
class ERPoseHead(PoseHead):
    """Keypoint-driven, NMS-free pose head (our reading of ER-Pose's abstract).

    ::

        features --+-- score branch -> 1 score ----------------------+--> poses --+
                   +-- pose branch --> 2K offsets + K visibilities --+            v
                   +-- heatmaps at stride 8 -----------------------------> refined poses

    The assigner gives each person several priors, at which the pose branch regresses the
    person's keypoints. The score branch is trained at all priors. Its target is 0 at
    unassigned priors; at those of a person it is the alignment of the prediction, scaled so
    that the target of the person's best prior is its OKS. So the scores have a peak at each
    person. At inference the decoder selects the peaks, without NMS, and the heatmaps refine
    their keypoints.

    Args:
        metainfo (dict): Metainfo of the data set, or ``dict(from_file='…')``. It defines K
            and the sigmas.
        in_channels (int): Channels of each feature level.
        loss_score, loss_pose, loss_vis (dict): The losses of scores, poses and
            visibilities.
        loss_heatmap (dict, optional): The loss of the heatmaps. Defaults to None: no
            heatmap branch.
        score_channels (int): Width of the score branch. Defaults to 64.
        pose_channels (int): Width of the pose branch, which has 3K outputs. Defaults to
            128.
        num_convs (int): Stacked convolutions of the score branch. Defaults to 2.
        pose_convs (int): Stacked convolutions of the pose branch. Defaults to 3.
        heatmap_convs (int): Stacked convolutions of the heatmap branch. Defaults to 1.
        use_depthwise (bool): Depthwise separable convolutions. Defaults to False.
        act_cfg (dict): Activation of the branches. Defaults to SiLU.
        strides (Sequence[int]): Strides of the feature levels, in pixels. Defaults to
            (8, 16, 32).
        heatmap_sigma (float): Sigma of the heatmap targets in cells. Defaults to 2.0
            (PoseDet, section 3.3).
        assigner (dict): The assigner of priors to persons.
        decoder (dict): The decoder without NMS.
        refiner (dict): Refines the keypoints by the heatmaps, if there are any.
        oks_nms_decoder (dict): The decoder with OKS-NMS, for comparison; used if
            ``test_cfg['oks_nms']`` is True.
    """

    def __init__(self,
                 metainfo: dict,
                 in_channels: int,
                 loss_score: dict,
                 loss_pose: dict,
                 loss_vis: dict,
                 loss_heatmap: Optional[dict] = None,
                 score_channels: int = 64,
                 pose_channels: int = 128,
                 num_convs: int = 2,
                 pose_convs: int = 3,
                 heatmap_convs: int = 1,
                 use_depthwise: bool = False,
                 act_cfg: dict = dict(type='SiLU', inplace=True),
                 strides: Sequence[int] = (8, 16, 32),
                 heatmap_sigma: float = 2.0,
                 assigner: dict = dict(type='KeypointDynamicAssigner'),
                 decoder: dict = dict(type='NMSFreePoseDecoder'),
                 refiner: dict = dict(type='HeatmapRefiner'),
                 oks_nms_decoder: dict = dict(type='OKSNMSPoseDecoder'),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(metainfo, strides, init_cfg)
        levels = len(strides)
        layers: Dict[str, Any] = dict(use_depthwise=use_depthwise, act_cfg=act_cfg)
        self.score_branch = LevelBranch(levels, in_channels, score_channels, 1, num_convs,
                                        **layers)
        self.pose_branch = LevelBranch(levels, in_channels, pose_channels,
                                       3 * self.num_keypoints, pose_convs, **layers)
        if loss_heatmap is not None:
            self.add_heatmaps(1, in_channels, score_channels, heatmap_sigma, loss_heatmap,
                              heatmap_convs, **layers)

        self.assigner = TASK_UTILS.build(assigner)
        self.decoder = TASK_UTILS.build(decoder)
        self.refiner = TASK_UTILS.build(refiner)
        sigmas = self.sigmas.tolist()
        self.oks_nms_decoder = TASK_UTILS.build(dict(oks_nms_decoder, sigmas=sigmas))
        self.loss_score = MODELS.build(loss_score)
        self.loss_pose = MODELS.build(dict(loss_pose, sigmas=sigmas))
        self.loss_vis = MODELS.build(loss_vis)

    def forward(self, feats: Tuple[Tensor, ...]) -> Maps:
        """Predicts the maps that inference needs.

        Returns:
            tuple[list[Tensor], list[Tensor], list[Tensor]]: L maps (B, 1, H, W) of score
            logits; L maps (B, 3K, H, W) of poses: x, y offsets of each keypoint in strides,
            then K visibility logits; and one map (B, K, H, W) of heatmap logits at the
            first stride, or none.
        """
        heatmaps: List[Tensor] = (
            [] if self.heatmap_branch is None else self.heatmap_branch(feats[:1]))
        return self.score_branch(feats), self.pose_branch(feats), heatmaps

    def loss(self, feats: Tuple[Tensor, ...], batch_data_samples: list,
             train_cfg: dict = {}) -> dict:
        """Computes the losses of a batch, see :class:`BottomupPoseEstimator`.

        The additional entry ``oks``, for monitoring, is the mean over persons of the best
        OKS among their priors.
        """
        logits, offsets, visibilities = self._of_all_priors(
            self.score_branch(feats), self.pose_branch(feats))
        priors = self.priors(feats)
        keypoints = decode_poses(offsets.float(), priors.points, priors.strides)

        targets = collect_targets(batch_data_samples, self.num_keypoints, offsets.device)
        assigned = self.assigner.assign(logits.detach().sigmoid(), keypoints.detach(),
                                        targets, priors, self.sigmas)
        ignored = inside_boxes(priors.points, targets.ignore)
        losses = dict(
            oks=_best_of_each(assigned, targets.valid),
            loss_score=self._score_loss(logits, assigned, ignored))
        losses.update(self._pose_losses(keypoints, visibilities, assigned, targets))
        losses.update(self.heatmap_losses(feats, targets))
        return losses

    def predict(self, feats: Tuple[Tensor, ...], batch_data_samples: list,
                test_cfg: dict = {}) -> List[InstanceData]:
        """Predicts the poses of a batch, in pixels of the network input.

        ``test_cfg`` may contain ``score_thr`` (minimum score, default 0), ``oks_nms``
        (OKS-NMS instead of peaks, default False) and ``flip_test`` (default False). With
        ``flip_test``, ``feats`` are a pair, of the images and of the mirrored images, whose
        maps are averaged.

        Returns:
            list[InstanceData]: numpy ``keypoints`` (N, K, 2), ``keypoint_scores`` (N, K),
            ``bboxes`` (N, 4) derived from the keypoints, ``bbox_scores`` (N, ).
        """
        if test_cfg.get('multiscale_test', False):
            raise ValueError('multi-scale testing is not supported, merging scales needs '
                             'NMS: remove multiscale_test from test_cfg')
        if test_cfg.get('flip_test', False):
            maps, mirrored = map(self, feats)
            maps = mean_of_views(maps, mirrored, self.flip_indices, self.strides)
        else:
            maps = self(feats)
        poses = self._decode(maps, test_cfg.get('oks_nms', False))
        threshold = test_cfg.get('score_thr', 0.0)
        return [
            to_instances(Poses(*fields), threshold, sample.metainfo['input_size'])
            for *fields, sample in zip(*poses, batch_data_samples)
        ]

    def decode(self, feats: Tuple[Tensor, ...], oks_nms: bool = False) -> Poses:
        """Decodes features to the best N poses of each image."""
        return self._decode(self(feats), oks_nms)

    def _decode(self, maps: Maps, oks_nms: bool) -> Poses:
        scores, poses, heatmaps = maps
        logits, offsets, visibilities = (
            x.float() for x in self._of_all_priors(scores, poses))
        decoder = self.oks_nms_decoder if oks_nms else self.decoder
        poses = decoder.decode(logits.sigmoid(), offsets, visibilities, self.priors(scores))
        if heatmaps:
            poses = poses._replace(keypoints=self.refiner.refine(
                poses.keypoints, heatmaps[0].float().sigmoid(), self.strides[0]))
        return poses

    def _of_all_priors(self, scores: List[Tensor],
                       poses: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
        """Flattens maps to score logits (B, A), offsets (B, A, 2K) and visibility logits
        (B, A, K)."""
        logits, poses = flatten_levels(scores), flatten_levels(poses)
        offsets, visibilities = poses.split(
            [2 * self.num_keypoints, self.num_keypoints], dim=-1)
        return logits.squeeze(-1), offsets, visibilities

    def _score_loss(self, logits: Tensor, assignment: Assignment,
                    ignored: Tensor) -> Tensor:
        weight = ~ignored | (assignment.person_index >= 0)
        total = self.loss_score(*(x.float().reshape(-1, 1)
                                  for x in (logits, assignment.score, weight)))
        return total / mean_count(assignment.score.sum())

    def _pose_losses(self, keypoints: Tensor, visibilities: Tensor, assignment: Assignment,
                     targets: PoseTargets) -> dict:
        image, prior = torch.nonzero(assignment.person_index >= 0, as_tuple=True)
        person = assignment.person_index[image, prior]
        labelled = targets.labelled[image, person]
        supervised = targets.supervised[image, person]
        count = mean_count(labelled.new_tensor(len(person)))
        return dict(
            loss_pose=self.loss_pose(
                keypoints[image, prior], targets.keypoints[image, person], labelled,
                targets.area[image, person], avg_factor=count),
            loss_vis=self.loss_vis(visibilities[image, prior].float(), labelled,
                                   supervised) / (count * self.num_keypoints))


def _best_of_each(assignment: Assignment, valid: Tensor) -> Tensor:
    """Mean over the persons (B, G) of the highest target score of their priors."""
    person = assignment.person_index.clamp(min=0)
    best = torch.zeros(valid.shape, device=valid.device).scatter_reduce(
        1, person, assignment.score, 'amax') if valid.shape[1] else valid.float()
    return best.sum() / valid.sum().clamp(min=1)
