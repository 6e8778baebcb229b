"""ER-Pose: single-stage, keypoint-driven, NMS-free pose estimation for MMPose.

``import erpose`` is light. :mod:`erpose.loading` loads the training code when it is first
used, or when MMPose or another package of its stack is first imported. Without PyTorch or
MMPose, prediction (``erpose.deploy``) and ``erpose init`` still work.

``import erpose`` has two side effects:

- it installs an import hook that waits for that first import;
- it sets the environment variable ``OPENCV_IO_MAX_IMAGE_PIXELS`` to 2^28, unless it is set.

Loading the stack has four more:

- warnings of the stack that users cannot act on are silenced, unless ``-W`` or
  ``PYTHONWARNINGS`` sets filters (:mod:`erpose.stack_warnings`);
- untested versions cause a warning (:mod:`erpose.env`);
- :mod:`erpose.compat` works around incompatibilities with current PyTorch: stubs for
  missing torchvision operators and ``mmcv._ext``; MMEngine's loss history and numpy arrays
  as safe globals of ``torch.load``; weights-only loading in MMEngine; gloo in its launchers
  without a GPU. ``python -m erpose.env`` lists the steps that were applied;
- MMEngine's ``Config.fromfile`` and ``CheckpointLoader`` and MMPose's inferencers accept
  the names of the model zoo (:mod:`erpose.engine.zoo_lookup`).
"""
import os
from importlib import import_module
from types import ModuleType

from . import loading
from .version import __version__

# OpenCV reads this once, on import. A file of a hundred bytes may claim 2^30 pixels, 3 GiB.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', str(2**28))

__all__ = ['__version__']

loading.install()


def __getattr__(name: str) -> ModuleType:
    if name in (*loading.PARTS, 'deploy', 'zoo'):
        return import_module(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
