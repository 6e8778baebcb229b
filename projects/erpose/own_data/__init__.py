"""`erpose init`: from a user's annotations to a training, without PyTorch and MMPose."""
from .init import init

__all__ = ['init']
