"""Runs a function in N processes joined by gloo."""
import erpose  # noqa: F401  # isort: skip  (its compat steps come before mmpose)
import multiprocessing
import tempfile
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing

LIMIT = 300  # seconds; what takes longer hangs

# Clean processes, forked from one that has imported everything but run nothing.
multiprocessing.set_forkserver_preload(['erpose', 'mmdet.models', 'mmpose.models'])


def in_processes(function, count, *args):
    """Returns the results of ``function(*args)`` in ``count`` processes."""
    with tempfile.TemporaryDirectory() as folder:
        context = torch.multiprocessing.start_processes(
            _enter, (function, count, folder, args), nprocs=count, join=False,
            start_method='forkserver')
        end = time.monotonic() + LIMIT
        try:
            while not context.join(timeout=5):
                assert time.monotonic() < end, f'{count} processes hang'
        finally:
            for process in context.processes:
                process.kill()
        return [torch.load(Path(folder, f'{rank}.pth')) for rank in range(count)]


def _enter(rank, function, count, folder, args):
    from mmengine.registry import init_default_scope
    torch.set_num_threads(1)
    init_default_scope('mmpose')
    if count > 1:
        dist.init_process_group('gloo', init_method=f'file://{folder}/store', rank=rank,
                                world_size=count)
    torch.save(function(*args), Path(folder, f'{rank}.pth'))
    if count > 1:
        dist.destroy_process_group()
