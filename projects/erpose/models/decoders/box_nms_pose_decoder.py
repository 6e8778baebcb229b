"""Decoder with box NMS, for comparison."""
from typing import Sequence

import torch
from mmpose.evaluation.functional.nms import nms_torch
from mmpose.registry import TASK_UTILS

from erpose.structures import pose_boxes

from .oks_nms_pose_decoder import OKSNMSPoseDecoder
from .pose_decoder import Poses


@TASK_UTILS.register_module()
class BoxNMSPoseDecoder(OKSNMSPoseDecoder):
    """:class:`OKSNMSPoseDecoder` with the IoU of keypoint boxes instead of OKS.

    Source: PoseDet, Table 5.

    Args:
        sigmas, max_per_img: See :class:`OKSNMSPoseDecoder`.
        nms_thr (float): A pose whose IoU with a better one exceeds this is a duplicate.
            Defaults to 0.65.
    """

    kind = 'box'

    def __init__(self, sigmas: Sequence[float], nms_thr: float = 0.65,
                 max_per_img: int = 300) -> None:
        super().__init__(sigmas, nms_thr, max_per_img=max_per_img)

    def suppress(self, poses: Poses) -> Poses:
        kept = torch.zeros_like(poses.scores)
        for image, (keypoints, scores) in enumerate(zip(poses.keypoints, poses.scores)):
            kept[image, nms_torch(pose_boxes(keypoints), scores, self.nms_thr)] = 1
        return poses._replace(scores=poses.scores * kept)
