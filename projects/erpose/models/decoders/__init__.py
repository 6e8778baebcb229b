from .nms_free_pose_decoder import NMSFreePoseDecoder, Poses, decode_poses, sort_poses
from .oks_nms_pose_decoder import OKSNMSPoseDecoder, oks_nms, soft_oks_nms

__all__ = [
    'NMSFreePoseDecoder', 'OKSNMSPoseDecoder', 'Poses', 'decode_poses', 'oks_nms',
    'soft_oks_nms', 'sort_poses'
]
