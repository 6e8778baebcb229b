"""Base class of PoseDet and SMPR: two-step poses, and suppression of duplicates."""
from typing import List, Optional, Sequence, Tuple

import torch
from mmengine.structures import InstanceData
from mmpose.registry import TASK_UTILS
from torch import Tensor, nn

from erpose.models.decoders import Poses, decode_poses, sort_poses
from erpose.models.layers import flatten_levels
from erpose.structures import PointPriors, PoseTargets, pairwise_oks

from .pose_head import PoseHead, mean_count, to_instances


class RefiningPoseHead(PoseHead):
    """Base class of heads that refine a first pose with features gathered along it.

    Heatmaps are only used in training. ``forward(feats)`` of a subclass returns L maps
    (B, 1, H, W) of scores in [0, 1] and L maps (B, 2K, H, W) of refined offsets in strides.

    Args:
        metainfo (dict): Metainfo of the data set.
        strides (Sequence[int]): Strides of the features, in pixels.
        decoder (dict): Decoder that also suppresses duplicates.
    """

    def __init__(self, metainfo: dict, strides: Sequence[int], decoder: dict,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(metainfo, strides, init_cfg)
        self.decoder = TASK_UTILS.build(dict(decoder, sigmas=self.sigmas.tolist()))
        self.deployed = False

    def switch_to_deploy(self, test_cfg: Optional[dict] = None) -> None:
        """Removes the heatmap branch, which only training needs."""
        self.heatmap_branch = None
        self.deployed = True

    def check_trainable(self) -> None:
        if self.deployed:
            raise RuntimeError('cannot train after switch_to_deploy(): it removes the '
                               'heatmap branch')

    def candidates(self, feats: Tuple[Tensor, ...]) -> Poses:
        """Decodes features to the best N poses of each image, including duplicates."""
        scores, offsets = (flatten_levels(maps).float() for maps in self(feats))
        return self.decoder.candidates(scores.squeeze(-1), offsets, None,
                                       self.priors(feats))

    def predict(self, feats: Tuple[Tensor, ...], batch_data_samples: list,
                test_cfg: dict = {}) -> List[InstanceData]:
        """Predicts the poses of a batch, in pixels of the network input.

        ``test_cfg`` may contain ``score_thr`` (minimum score, default 0), ``flip_test`` and
        ``multiscale_test``. With these, ``feats`` also contain the features of the flipped
        images and of other sizes, and duplicates are suppressed across all views.

        Returns:
            list[InstanceData]: See :func:`to_instances`.
        """
        pyramid = feats if test_cfg.get('multiscale_test', False) else [feats]
        views = []
        for sizes in pyramid:
            for flipped, view in enumerate(sizes if test_cfg.get('flip_test', False)
                                           else [sizes]):
                views.append(self._view(view, bool(flipped)))
        poses = self.decoder.suppress(_merge(views) if len(views) > 1 else views[0][0])
        threshold = test_cfg.get('score_thr', 0.0)
        return [
            to_instances(Poses(*fields), threshold, sample.metainfo['input_size'])
            for *fields, sample in zip(*poses, batch_data_samples)
        ]

    def _view(self, feats: Tuple[Tensor, ...], flipped: bool) -> Tuple[Poses, Tensor]:
        """Candidates of one view, flipped back if needed, and the size of the view."""
        poses = self.candidates(feats)
        height, width = feats[0].shape[-2:]
        size = poses.keypoints.new_tensor([width, height]) * self.strides[0]
        if flipped:
            keypoints = poses.keypoints[:, :, self.flip_indices].clone()
            keypoints[..., 0] = size[0] - 1 - keypoints[..., 0]
            poses = poses._replace(keypoints=keypoints)
        return poses, size

    def nearest_person(self, offsets: Tensor, targets: PoseTargets,
                       priors: PointPriors) -> Tuple[Tensor, Tensor]:
        """Finds the person with the highest OKS for each predicted pose.

        Args:
            offsets (Tensor): In strides, (B, A, 2K).
            targets (PoseTargets): The persons.
            priors (PointPriors): The A priors.

        Returns:
            tuple[Tensor, Tensor]: OKS (B, A), 0 without persons, and person indices (B, A).
        """
        if targets.valid.shape[1] == 0:
            nothing = torch.zeros_like(offsets[..., 0])
            return nothing, nothing.long()
        with torch.no_grad():
            poses = decode_poses(offsets, priors.points, priors.strides)
            similarity = pairwise_oks(poses.nan_to_num(), targets.keypoints,
                                      targets.labelled, targets.area, self.sigmas)
            return similarity.masked_fill(~targets.valid.unsqueeze(-1), 0).max(1)

    def displacement_loss(self, loss: nn.Module, offsets: Tensor, person: Tensor,
                          targets: PoseTargets, priors: PointPriors) -> Tensor:
        """Loss of offsets (B, A, 2K) at priors with an assigned ``person`` (B, A)."""
        image, prior = torch.nonzero(person >= 0, as_tuple=True)
        index = person[image, prior]
        stride = priors.strides[prior][:, None, None]
        goal = (targets.keypoints[image, index]
                - priors.points[prior].unsqueeze(1)) / stride
        count = mean_count(goal.new_tensor(len(index)))
        return loss(offsets[image, prior].unflatten(-1, (-1, 2)), goal,
                    targets.labelled[image, index], avg_factor=count)


def _merge(views: List[Tuple[Poses, Tensor]]) -> Poses:
    """Candidates of all views, in pixels of the first view, best first."""
    first = views[0][1]
    views = [poses._replace(keypoints=poses.keypoints * (first / size))
             for poses, size in views]
    return sort_poses(Poses(*(torch.cat(fields, 1) for fields in zip(*views))))
