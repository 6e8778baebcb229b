from .erpose_head import ERPoseHead

__all__ = ['ERPoseHead']
