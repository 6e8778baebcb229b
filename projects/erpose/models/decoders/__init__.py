from .box_nms_pose_decoder import BoxNMSPoseDecoder
from .heatmap_refiner import HeatmapRefiner
from .nms_free_pose_decoder import NMSFreePoseDecoder
from .oks_nms_pose_decoder import OKSNMSPoseDecoder, oks_nms, soft_oks_nms
from .pose_decoder import PoseDecoder, Poses, decode_poses, sort_poses

__all__ = [
    'BoxNMSPoseDecoder', 'HeatmapRefiner', 'NMSFreePoseDecoder', 'OKSNMSPoseDecoder',
    'PoseDecoder', 'Poses', 'decode_poses', 'oks_nms', 'soft_oks_nms', 'sort_poses'
]
