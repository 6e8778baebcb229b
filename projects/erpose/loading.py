"""Loads the training code on first use.

``erpose predict`` and :mod:`erpose.deploy` must not wait for PyTorch and MMPose. Training
needs three steps in this order, whatever is imported first: apply :mod:`erpose.compat`,
which makes mmpose importable; import mmpose; register our modules. An import hook runs them
at the first import of a package of the stack, or of a subpackage of erpose that builds on
it, and then removes itself.
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
"""Packages that :data:`PARTS` need."""
PARTS = ('compat', 'datasets', 'engine', 'evaluation', 'models', 'registry', 'structures')
"""Modules of erpose that need the stack."""
AWAITED = {'torchvision', *STACK[1:], *(f'erpose.{part}' for part in PARTS)}
"""Modules whose import triggers the hook. Importing PyTorch alone does not."""


def install() -> None:
    """Installs the import hook; loads at once if the stack is already being imported."""
    if _missing() or not AWAITED.intersection(sys.modules):
        sys.meta_path.insert(0, _Hook())
    else:
        load()


def load() -> None:
    """Makes mmpose importable and registers our modules with it (idempotent).

    Warns about untested versions of the stack.
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
    """Calls :func:`load` at the first import of one of :data:`AWAITED`."""

    def find_spec(self, name: str, path: Optional[Sequence[str]] = None,
                  target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        if name not in AWAITED:
            return None
        sys.meta_path.remove(self)  # find_spec below would call it again
        try:
            missing = _missing()
            spec = None if missing else find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if missing and name.startswith('erpose.'):
            raise ImportError(f'{name} needs {", ".join(missing)}, which is not installed')
        if spec is not None and spec.loader is not None:
            spec.loader = _LoaderOfAll(spec.loader)
        return spec


class _LoaderOfAll(Loader):
    """Runs :func:`load` and then returns the requested module.

    Meanwhile the import system holds the lock of the module, which is re-entrant.
    """

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)  # for callers that only read the spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        hooks = [finder for finder in sys.meta_path if isinstance(finder, _Hook)]
        for hook in hooks:
            sys.meta_path.remove(hook)
        try:
            load()
            module = importlib.import_module(spec.name)
        except BaseException:
            sys.meta_path[:0] = hooks  # so that the next import fails in the same way
            raise
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # which the import system replaced by the hook's


def _missing() -> List[str]:
    return [name for name in STACK if find_spec(name) is None]
