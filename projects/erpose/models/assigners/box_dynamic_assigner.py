"""Dynamic assignment by boxes, for comparison with keypoints."""
from typing import Tuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PoseTargets, target_boxes

from .keypoint_dynamic_assigner import KeypointDynamicAssigner


@TASK_UTILS.register_module()
class BoxDynamicAssigner(KeypointDynamicAssigner):
    """:class:`KeypointDynamicAssigner` with boxes instead of keypoints, for ablations.

    Candidates lie around the centre of the box around the labelled keypoints. The IoU of
    that box and the box of the predicted pose replaces OKS in alignment, dynamic k,
    conflicts and score targets.
    """

    def centre(self, targets: PoseTargets) -> Tensor:
        boxes = target_boxes(targets.keypoints, targets.labelled)
        return boxes.unflatten(-1, (2, 2)).mean(-2)

    def similarity(self, poses: Tensor, targets: PoseTargets,
                   sigmas: Tensor) -> Tuple[Tensor, Tensor]:
        goal = target_boxes(targets.keypoints, targets.labelled).unsqueeze(2)
        box = target_boxes(poses.nan_to_num(nan=1e6), targets.labelled.unsqueeze(2))
        overlap = (torch.minimum(box[..., 2:], goal[..., 2:])
                   - torch.maximum(box[..., :2], goal[..., :2])).clamp(min=0).prod(-1)
        union = _area(box) + _area(goal) - overlap
        distance = (box - goal).abs().mean(-1) / _area(goal).sqrt()
        return overlap / union, 1 / (1 + distance)


def _area(box: Tensor) -> Tensor:
    return (box[..., 2:] - box[..., :2]).prod(-1)
