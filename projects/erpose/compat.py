"""Makes the released MMPose stack work with current PyTorch.

:mod:`erpose.loading` calls ``apply()`` before anything imports mmpose. Each step first
checks whether it is needed; on a stock OpenMMLab installation (full mmcv, matching
torchvision, torch < 2.6, a GPU) nothing changes.
"""
import copyreg
import functools
import importlib
import importlib.machinery
import importlib.util
import sys
import types
from typing import Any, Callable, List, NamedTuple, NoReturn

import torch


class Step(NamedTuple):
    """One compatibility step: its name, whether it was applied, and why."""
    name: str
    acted: bool
    reason: str


_REPORT: List[Step] = []
_LIBRARIES: List[torch.library.Library] = []


def apply() -> List[Step]:
    """Applies every step once and returns the report (idempotent)."""
    if not _REPORT:
        _REPORT.extend([
            _declare_torchvision_ops(),
            _stand_in_for_mmcv_ext(),
            _allow_mmengine_checkpoints(),
            _launch_on_cpu(),
            _load_weights_only(),
        ])
    return list(_REPORT)


def _declare_torchvision_ops() -> Step:
    """Declares two operators that a torchvision built for another torch lacks on import.

    mmpose imports torchvision unconditionally but calls none of its operators.
    """
    name = 'torchvision operators'
    try:
        importlib.import_module('torchvision')
        return Step(name, False, 'torchvision can be imported')
    except ImportError:
        return Step(name, False, 'torchvision is not installed')
    except RuntimeError as error:
        if 'torchvision::nms' not in str(error):
            raise
    library = torch.library.Library('torchvision', 'DEF')
    library.define('nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
    library.define('qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
    _LIBRARIES.append(library)  # the schemas live as long as it does
    for module in [m for m in sys.modules if m.split('.')[0] == 'torchvision']:
        del sys.modules[module]
    importlib.import_module('torchvision')
    return Step(name, True, 'torchvision was built for another torch: declared the '
                'schemas of nms and qnms so that it can be imported')


class _MissingExt(types.ModuleType):
    """Stub of ``mmcv._ext``; its operators raise an error that says what to install."""

    def __getattr__(self, op: str) -> Callable:
        if op.startswith('__'):
            raise AttributeError(op)

        def missing(*args: Any, **kwargs: Any) -> NoReturn:
            raise RuntimeError(
                f'mmcv.ops.{op} needs the compiled operators of the full mmcv, but '
                'mmcv-lite is installed. erpose does not need them. For other models, '
                'replace it: pip uninstall mmcv-lite && mim install "mmcv==2.1.0"')

        return missing


def _stand_in_for_mmcv_ext() -> Step:
    name = 'mmcv._ext'
    if importlib.util.find_spec('mmcv') is None:
        return Step(name, False, 'mmcv is not installed')
    if importlib.util.find_spec('mmcv._ext') is not None:
        return Step(name, False, 'full mmcv: compiled operators found')
    module = _MissingExt('mmcv._ext')
    module.__spec__ = importlib.machinery.ModuleSpec('mmcv._ext', loader=None)
    sys.modules['mmcv._ext'] = module
    return Step(name, True, 'mmcv-lite has no compiled operators: added stubs so that '
                'mmcv.ops can be imported')


def _refuses_objects() -> bool:
    """Whether ``torch.load`` defaults to ``weights_only=True``."""
    version = tuple(int(v) for v in torch.__version__.split('.')[:2])
    return version >= (2, 6) and hasattr(torch.serialization, 'add_safe_globals')


def _rebuild_history_buffer(log_history: list, count_history: list, max_length: int) -> Any:
    from mmengine.logging import HistoryBuffer
    return HistoryBuffer(log_history, count_history, max_length)


def _reduce_history_buffer(buffer: Any) -> tuple:
    logs, counts = buffer.data
    return _rebuild_history_buffer, (logs.tolist(), counts.tolist(), buffer.max_length)


def _history_buffer_method(owner: type, name: str) -> Callable:
    """``getattr`` for checkpoints, restricted to the public methods of HistoryBuffer."""
    from mmengine.logging import HistoryBuffer
    if owner is not HistoryBuffer or name.startswith('_'):
        raise AttributeError(f'getattr({owner}, {name!r}) is not allowed in a checkpoint')
    return getattr(owner, name)


def _empty_bytes() -> bytes:
    """Replaces ``bytes`` in checkpoints: the data of an array without elements."""
    return b''


def _allow_mmengine_checkpoints() -> Step:
    """Lets ``torch.load(weights_only=True)`` read mmengine's checkpoints.

    mmengine stores its loss history as objects that refer to their methods, and a data
    set's metainfo as numpy arrays. Only these are allowed; anything else is still refused.
    From now on the history is saved as plain lists.
    """
    name = 'weights-only checkpoints'
    if not _refuses_objects():
        return Step(name, False, 'torch before 2.6 loads any object')
    try:
        from mmengine.logging import HistoryBuffer
    except ImportError:
        return Step(name, False, 'mmengine is not installed')
    import numpy as np
    copyreg.pickle(HistoryBuffer, _reduce_history_buffer)
    numpy_2 = np.lib.NumpyVersion(np.__version__) >= '2.0.0'
    core = 'numpy._core' if numpy_2 else 'numpy.core'
    multiarray = importlib.import_module(f'{core}.multiarray')
    rebuild = multiarray._reconstruct, multiarray.scalar
    torch.serialization.add_safe_globals([
        _rebuild_history_buffer, HistoryBuffer, np.ndarray, np.dtype,
        *{type(np.dtype(code)) for code in ('f8', 'f4', 'i8', 'i4', 'u1', '?')},
        # numpy 1 and 2 name them differently, and a checkpoint may come from either
        *((function, f'numpy.{core}.multiarray.{function.__name__}')
          for function in rebuild for core in ('core', '_core')),
        (_history_buffer_method, 'builtins.getattr'), (_empty_bytes, 'builtins.bytes'),
    ])
    return Step(name, True, "torch.load refuses objects: allowed mmengine's loss history "
                'and numpy arrays, and nothing else')


def _launch_on_cpu() -> Step:
    """Lets MMEngine's launchers and DDP wrapper run without a GPU: gloo, no device ids.

    MMEngine calls ``torch.cuda.set_device`` with every backend, and passes ``device_ids``
    to DDP, which rejects them for a model on the CPU.
    """
    name = 'launchers on the CPU'
    if torch.cuda.is_available():
        return Step(name, False, 'a GPU is available')
    try:
        from mmengine.dist import utils
        from mmengine.model import MMDistributedDataParallel
    except ImportError:
        return Step(name, False, 'mmengine is not installed')
    for launcher in ('pytorch', 'slurm', 'mpi'):
        function = f'_init_dist_{launcher}'
        setattr(utils, function, _init_with_gloo(getattr(utils, function)))
    MMDistributedDataParallel.__init__ = _without_devices(
        MMDistributedDataParallel.__init__)
    return Step(name, True, 'no GPU: --launcher uses gloo, and DDP gets no device ids for '
                'models on the CPU')


def _init_with_gloo(init: Callable) -> Callable:

    @functools.wraps(init)
    def wrapper(backend: str, **kwargs: Any) -> None:
        set_device = torch.cuda.set_device
        torch.cuda.set_device = lambda device: None
        try:
            init(backend='gloo' if backend == 'nccl' else backend, **kwargs)
        finally:
            torch.cuda.set_device = set_device

    return wrapper


def _without_devices(init: Callable) -> Callable:

    @functools.wraps(init)
    def wrapper(self: Any, module: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        if all(p.device.type == 'cpu' for p in module.parameters()):
            kwargs.pop('device_ids', None)
        init(self, module, *args, **kwargs)

    return wrapper


def _load_weights_only() -> Step:
    """Makes mmengine load checkpoints through :mod:`erpose.weights`, which runs no code.

    For a URL, ``torch.hub`` would still unpickle arbitrary objects.
    """
    name = 'checkpoint loaders'
    if not _refuses_objects():
        return Step(name, False, 'torch before 2.6 loads any object')
    try:
        from mmengine.runner import checkpoint as loaders
    except ImportError:
        return Step(name, False, 'mmengine is not installed')
    from erpose.weights import checked, load_weights
    load_url = loaders.load_url

    def load_from_local(filename: str, map_location: Any = None) -> dict:
        return load_weights(filename, map_location)

    loaders.CheckpointLoader.register_scheme('', load_from_local, force=True)
    loaders.load_url = lambda url, **kwargs: checked(load_url, url, **kwargs)
    return Step(name, True, 'torch.hub unpickles any object from a URL: only weights are '
                'loaded, from URLs and from files')
