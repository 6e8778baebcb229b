"""`erpose init`: prepares training on own data, without PyTorch and MMPose."""
from .init import init

__all__ = ['init']
