"""What current PyTorch needs of the released MMPose stack.

``apply()`` runs when ``erpose`` is imported, before anything imports mmpose. Each
step first looks whether something is missing; on a stock OpenMMLab installation (full
mmcv, matching torchvision, torch < 2.6) it changes nothing. No other module patches.
"""
import copyreg
import importlib
import importlib.machinery
import importlib.util
import sys
import types
from typing import List, NamedTuple

import torch


class Step(NamedTuple):
    """One compatibility step: its name, whether it acted, and why."""
    name: str
    acted: bool
    reason: str


_REPORT: List[Step] = []


def apply() -> List[Step]:
    """Applies every step once and returns the report (idempotent)."""
    if not _REPORT:
        _REPORT.extend([
            _declare_torchvision_ops(),
            _stand_in_for_mmcv_ext(),
            _allow_mmengine_checkpoints(),
        ])
    return list(_REPORT)


def _declare_torchvision_ops() -> Step:
    """torchvision built for another torch fails to import for want of two schemas.

    mmpose imports torchvision unconditionally but calls none of its operators.
    """
    name = 'torchvision operators'
    try:
        importlib.import_module('torchvision')
        return Step(name, False, 'torchvision imports')
    except ImportError:
        return Step(name, False, 'torchvision is not installed')
    except RuntimeError as error:
        if 'torchvision::nms' not in str(error):
            raise
    library = torch.library.Library('torchvision', 'DEF')
    library.define('nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
    library.define('qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
    _declare_torchvision_ops.library = library  # the schemas live as long as it does
    for module in [m for m in sys.modules if m.split('.')[0] == 'torchvision']:
        del sys.modules[module]
    importlib.import_module('torchvision')
    return Step(name, True, 'torchvision has no operators for this torch: '
                'declared the schemas of nms and qnms, so that it imports')


class _MissingExt(types.ModuleType):
    """Stands in for ``mmcv._ext``: importable, and every operator says what to install."""

    def __getattr__(self, op: str):
        if op.startswith('__'):
            raise AttributeError(op)

        def missing(*args, **kwargs):
            raise RuntimeError(
                f'mmcv.ops.{op} needs the compiled operators of the full mmcv, and '
                'mmcv-lite is installed. erpose needs none of them; for other models '
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
    return Step(name, True, 'mmcv-lite has no compiled operators: mmcv.ops imports, '
                'and a call of one of its operators says what to install')


def _rebuild_history_buffer(log_history, count_history, max_length):
    from mmengine.logging import HistoryBuffer
    return HistoryBuffer(log_history, count_history, max_length)


def _reduce_history_buffer(buffer):
    logs, counts = buffer.data
    return _rebuild_history_buffer, (logs.tolist(), counts.tolist(), buffer.max_length)


def _allow_mmengine_checkpoints() -> Step:
    """Keeps ``torch.load(weights_only=True)`` on and lets mmengine's checkpoints pass.

    mmengine stores its loss history as objects. They are saved as plain lists, and the
    one function that rebuilds them is allowed; checkpoints of other tools that hold
    such objects in numpy form pass through the few numpy types listed here.
    """
    name = 'weights-only checkpoints'
    if not hasattr(torch.serialization, 'add_safe_globals'):
        return Step(name, False, 'this torch does not load weights only')
    try:
        from mmengine.logging import HistoryBuffer
    except ImportError:
        return Step(name, False, 'mmengine is not installed')
    import numpy as np
    copyreg.pickle(HistoryBuffer, _reduce_history_buffer)
    core = 'numpy._core' if np.lib.NumpyVersion(np.__version__) >= '2.0.0' else 'numpy.core'
    multiarray = importlib.import_module(core + '.multiarray')
    torch.serialization.add_safe_globals([
        _rebuild_history_buffer, HistoryBuffer, np.ndarray, np.dtype,
        multiarray._reconstruct, multiarray.scalar,
        type(np.dtype('f8')), type(np.dtype('f4')), type(np.dtype('i8')),
    ])
    return Step(name, True, "torch.load refuses objects: mmengine's loss history is "
                'allowed by name, nothing else is')
