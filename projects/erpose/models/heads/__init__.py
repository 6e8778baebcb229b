from .erpose_head import ERPoseHead
from .posedet_head import PoseDetHead
from .refining_pose_head import RefiningPoseHead
from .smpr_head import SMPRHead
from .yolo_pose_head import YOLOPoseHead

__all__ = ['ERPoseHead', 'PoseDetHead', 'RefiningPoseHead', 'SMPRHead', 'YOLOPoseHead']
