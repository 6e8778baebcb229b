"""Loads what a training needs the moment that it is needed, and not before.

The command ``erpose predict`` and :mod:`erpose.deploy` must not wait for PyTorch and
MMPose. A training needs three things done in this order, whatever it imports first: the
steps of :mod:`erpose.compat`, which make mmpose importable; mmpose; our parts in MMPose's
registries. So an import hook waits for the first import of any package of the stack, or of
a part of erpose that builds on it, does all three, and goes.
"""
import importlib
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, List, Optional, Sequence

STACK = ('torch', 'mmengine', 'mmcv', 'mmdet', 'mmpose')
"""What everything but ``erpose.deploy`` needs."""
PARTS = ('compat', 'datasets', 'engine', 'evaluation', 'models', 'registry', 'structures')
"""The parts of erpose that need the stack."""
AWAITED = {'torchvision', *STACK[1:], *(f'erpose.{part}' for part in PARTS)}
"""What the hook waits for. PyTorch alone needs nothing of us."""


def install() -> None:
    """Waits for the first import of the stack; loads at once where it has begun already."""
    if _missing() or not AWAITED.intersection(sys.modules):
        sys.meta_path.insert(0, _Hook())
    else:
        load()


def load() -> None:
    """Makes mmpose importable and registers our parts in its registries (idempotent).

    Warns of versions of the stack that were not tested.
    """
    from . import env, stack_warnings
    if env.untested():
        warnings.warn(env.untested())
    stack_warnings.silence()
    from . import compat
    compat.apply()
    from . import datasets, engine, evaluation, models, registry  # noqa: F401
    from .engine import zoo_lookup
    zoo_lookup.register()


class _Hook(MetaPathFinder):
    """Lets the first import of what is awaited wait for :func:`load`."""

    def find_spec(self, name: str, path: Optional[Sequence[str]] = None,
                  target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        if name not in AWAITED:
            return None
        sys.meta_path.remove(self)  # what follows looks for modules itself
        try:
            missing = _missing()
            spec = None if missing else find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if missing and name.startswith('erpose.'):
            raise ImportError(f'{name} needs {", ".join(missing)}: not installed here')
        if spec is not None and spec.loader is not None:
            spec.loader = _LoaderOfAll(spec.loader)
        return spec


class _LoaderOfAll(Loader):
    """Loads everything, the module in question too, and hands that out.

    The import system holds the lock of the module meanwhile; it can be taken again by the
    thread that has it.
    """

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)  # for those who ask the spec alone

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        hooks = [finder for finder in sys.meta_path if isinstance(finder, _Hook)]
        for hook in hooks:
            sys.meta_path.remove(hook)
        try:
            load()
            module = importlib.import_module(spec.name)
        except BaseException:
            sys.meta_path[:0] = hooks  # the next import fails in the same way
            raise
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has put the hook's in its place


def _missing() -> List[str]:
    return [name for name in STACK if find_spec(name) is None]
