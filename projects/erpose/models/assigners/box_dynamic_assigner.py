"""The same assignment driven by boxes: what the keypoints are compared with."""
from typing import Tuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PoseTargets

from .keypoint_dynamic_assigner import KeypointDynamicAssigner


@TASK_UTILS.register_module()
class BoxDynamicAssigner(KeypointDynamicAssigner):
    """:class:`KeypointDynamicAssigner` with the box in place of the keypoints.

    Candidates lie about the centre of the box around the labelled keypoints, and the IoU of
    that box with the predicted pose's takes the place of OKS: in alignment, dynamic k,
    conflicts and score targets. For ablations: what assigning by keypoints is worth.
    """

    def centre(self, targets: PoseTargets) -> Tensor:
        return _boxes(targets.keypoints, targets.labelled).unflatten(-1, (2, 2)).mean(-2)

    def similarity(self, poses: Tensor, targets: PoseTargets,
                   sigmas: Tensor) -> Tuple[Tensor, Tensor]:
        goal = _boxes(targets.keypoints, targets.labelled).unsqueeze(2)
        box = _boxes(poses.nan_to_num(nan=1e6), targets.labelled.unsqueeze(2))
        overlap = (torch.minimum(box[..., 2:], goal[..., 2:])
                   - torch.maximum(box[..., :2], goal[..., :2])).clamp(min=0).prod(-1)
        union = _area(box) + _area(goal) - overlap
        distance = (box - goal).abs().mean(-1) / _area(goal).sqrt()
        return overlap / union, 1 / (1 + distance)


def _boxes(keypoints: Tensor, labelled: Tensor) -> Tensor:
    """Boxes around the labelled keypoints, at least a pixel wide, xyxy, (..., 4)."""
    hidden = (labelled == 0).unsqueeze(-1)
    low = keypoints.masked_fill(hidden, torch.inf).amin(-2)
    high = keypoints.masked_fill(hidden, -torch.inf).amax(-2)
    none = hidden.all(-2)  # padding
    low, high = low.masked_fill(none, 0), high.masked_fill(none, 0)
    return torch.cat([low, torch.maximum(high, low + 1)], -1)


def _area(box: Tensor) -> Tensor:
    return (box[..., 2:] - box[..., :2]).prod(-1)
