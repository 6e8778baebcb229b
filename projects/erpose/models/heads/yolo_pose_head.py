"""YOLO-Pose's head: MMPose's YOLOX-Pose head with regions to ignore."""
import copy
from typing import Any, List, Tuple

import torch
from mmpose.models.heads.hybrid_heads import YOLOXPoseHead
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from erpose.structures import inside_boxes


@MODELS.register_module()
class YOLOPoseHead(YOLOXPoseHead):
    """MMPose's YOLOX-Pose head with regions to ignore.

    In MMPose, crowd regions and people without labelled keypoints are background. Here, as
    in the other systems, objectness is not trained inside their boxes, for a fair
    comparison of the heads. The arguments are those of ``YOLOXPoseHead``.
    """

    def loss(self, feats: Tuple[Tensor, ...], batch_data_samples: List[PoseDataSample],
             train_cfg: dict = {}) -> dict:
        """Computes the losses as in MMPose.

        A batch without positives has no losses but that of the objectness. In distributed
        training each parameter needs a gradient on every process, so zeros are added.
        """
        losses = super().loss(feats, batch_data_samples, train_cfg)
        if 'loss_bbox' not in losses:
            losses['loss_bbox'] = 0 * sum(weight.sum() for weight in self.parameters())
        return losses

    @torch.no_grad()
    def _get_targets_single(self, priors: Tensor, *predictions_and_sample: Any) -> tuple:
        """Computes targets as in MMPose; the last argument is ``data_sample``.

        Returns:
            tuple: The fourth item, the weights (A, 1) of the objectness, is 0 at
            unassigned priors inside regions to ignore.
        """
        *predictions, sample = predictions_and_sample
        labels = sample.gt_instance_labels
        extent = (labels.bboxes[:, 2:] - labels.bboxes[:, :2]).amin(-1)
        is_person = (labels.keypoints_visible > 0).any(-1) & (extent >= 1)
        persons = copy.copy(sample)
        persons.set_field(labels[is_person], 'gt_instance_labels')
        foreground, class_target, target, weight, *others = super()._get_targets_single(
            priors, *predictions, persons)
        ignored = inside_boxes(priors[:, :2], labels.bboxes[~is_person].unsqueeze(0))[0]
        weight = weight.masked_fill((ignored & ~foreground).unsqueeze(-1), 0)
        return (foreground, class_target, target, weight, *others)
