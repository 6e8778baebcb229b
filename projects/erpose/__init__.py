"""ER-Pose: single-stage, keypoint-driven, NMS-free pose estimation for MMPose."""
from . import compat
from .version import __version__

compat.apply()

from . import datasets, engine, evaluation, models, registry, zoo  # noqa: E402

zoo.register()

__all__ = [
    '__version__', 'compat', 'datasets', 'engine', 'evaluation', 'models', 'registry',
    'zoo'
]
