"""ER-Pose: single-stage, keypoint-driven, NMS-free pose estimation for MMPose.

Where PyTorch or MMPose is not installed, ``erpose.deploy`` is all there is.
"""
import os
from importlib.util import find_spec

from .version import __version__

# Before OpenCV is loaded: an image of a hundred bytes may claim 2^30 pixels, 3 GiB.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', str(2**28))

TRAINING = ('torch', 'mmengine', 'mmcv', 'mmdet', 'mmpose')
"""What everything but ``erpose.deploy`` needs."""

__all__ = ['__version__']

_missing = [name for name in TRAINING if find_spec(name) is None]

if not _missing:
    from . import compat
    compat.apply()

    from . import datasets, engine, evaluation, models, registry, zoo
    zoo.register()
    __all__ += ['compat', 'datasets', 'engine', 'evaluation', 'models', 'registry', 'zoo']


def __getattr__(name: str):
    if _missing and name in ('compat', 'datasets', 'engine', 'evaluation', 'experiments',
                             'models', 'registry', 'structures', 'zoo'):
        raise ImportError(f'erpose.{name} needs {", ".join(_missing)}: not installed here')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
