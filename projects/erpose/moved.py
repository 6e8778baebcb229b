"""Imports of modules under the names that they had in version 0.1."""
import sys
import warnings
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Optional, Sequence

_HOOKS = ('aux_loss_hook', 'channels_last_hook', 'checkpoint_fit_hook', 'epoch_seed_hook',
          'finite_loss_hook', 'pose_prior_hook', 'sync_statistics_hook')
_ANNOTATIONS = ('annotation_report', 'image_paths', 'image_sizes', 'impossible_labels',
                'keypoint_categories')
_IMAGING = ('draw', 'people', 'sources', 'writers')  # deploy.letterbox is a function
MOVED = {
    'erpose.datasets.annotations': 'erpose.annotations.coco_file',
    'erpose.deploy.cli': 'erpose.cli',
    'erpose.engine.safe_checkpoints': 'erpose.engine.hooks.safe_checkpoint_hook',
    'erpose.structures.keypoint_boxes': 'erpose.annotations.keypoint_boxes',
    'erpose.structures.mirrored_names': 'erpose.annotations.mirrored_names',
    **{f'erpose.datasets.{name}': f'erpose.annotations.{name}' for name in _ANNOTATIONS},
    **{f'erpose.deploy.{name}': f'erpose.imaging.{name}' for name in _IMAGING},
    **{f'erpose.engine.{name}': f'erpose.engine.hooks.{name}' for name in _HOOKS},
}
"""Names of modules: old to new."""


def install() -> None:
    """Makes the old names importable, with a ``DeprecationWarning``."""
    sys.meta_path.append(_Finder())


class _Finder(MetaPathFinder):

    def find_spec(self, name: str, path: Optional[Sequence[str]] = None,
                  target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        return ModuleSpec(name, _Alias()) if name in MOVED else None


class _Alias(Loader):

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        warnings.warn(f'{old} has moved to {MOVED[old]}', DeprecationWarning, stacklevel=2)
        sys.modules[old] = import_module(MOVED[old])  # importlib returns what it finds here
