"""ER-Pose: single-stage, keypoint-driven, NMS-free pose estimation for MMPose.

``import erpose`` is light. What a training needs is loaded by :mod:`erpose.loading` when
it is first used, or when MMPose or another package of its stack is first imported. Where
PyTorch or MMPose is not installed, ``erpose.deploy`` is all there is.

What it changes in the process at once:

- an import hook waits for that first import;
- the environment variable ``OPENCV_IO_MAX_IMAGE_PIXELS`` is 2^28, unless it was set.

And when the stack is loaded:

- warnings of the stack that a user can do nothing about are silenced, unless filters were
  chosen by ``-W`` or ``PYTHONWARNINGS`` (:mod:`erpose.stack_warnings`);
- a warning names versions that were not tested (:mod:`erpose.env`);
- :mod:`erpose.compat` mends what current PyTorch breaks: torchvision's operators and
  ``mmcv._ext`` get stand-ins where they are missing; ``torch.load`` admits MMEngine's loss
  history and numpy arrays (safe globals); MMEngine's loaders take weights alone; without a
  GPU its launchers use gloo. ``python -m erpose.env`` says which of these were needed;
- MMEngine's ``Config.fromfile`` and ``CheckpointLoader`` and MMPose's inferencers know the
  names of the model zoo (:mod:`erpose.engine.zoo_lookup`).
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
