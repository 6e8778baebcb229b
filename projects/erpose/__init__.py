"""ER-Pose: single-stage, keypoint-driven, NMS-free pose estimation for MMPose.

``import erpose`` is light. What a training needs is loaded by :mod:`erpose.loading` when
it is first used, or when MMPose or another package of its stack is first imported. Where
PyTorch or MMPose is not installed, ``erpose.deploy`` is all there is.
"""
import os
from importlib import import_module
from types import ModuleType

from . import loading
from .version import __version__

# Before OpenCV is loaded: an image of a hundred bytes may claim 2^30 pixels, 3 GiB.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', str(2**28))

__all__ = ['__version__']

loading.install()


def __getattr__(name: str) -> ModuleType:
    if name in (*loading.PARTS, 'deploy', 'zoo'):
        return import_module(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
