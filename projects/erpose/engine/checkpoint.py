"""Writes checkpoints to publish: weights and the metadata needed to use them."""
from pathlib import Path
from typing import Any

import numpy as np
import torch

from erpose.weights import load_weights


def strip_checkpoint(source: str, target: str, **meta: Any) -> dict:
    """Writes the weights of a training checkpoint, without optimiser, history or objects.

    With an EMA, MMEngine stores the averaged weights as the ``state_dict``. The result
    contains only tensors and plain Python values, so that
    ``torch.load(weights_only=True)`` reads it everywhere.

    Args:
        source (str): A checkpoint of MMEngine's runner.
        target (str): The file to write.
        **meta: Added to the result's ``meta``, for example ``origin='…'``.

    Returns:
        dict: The written checkpoint.

    Raises:
        FileNotFoundError, ValueError: As :func:`~erpose.weights.load_weights`, and if
            there is no ``state_dict`` of tensors.
    """
    checkpoint = load_weights(source)
    weights, old = checkpoint.get('state_dict'), checkpoint.get('meta', {})
    if not isinstance(weights, dict) or not all(map(torch.is_tensor, weights.values())):
        raise ValueError(f'{source} has no "state_dict" of tensors: expected a checkpoint '
                         "of MMEngine's runner")
    if not isinstance(old, dict):
        raise ValueError(f'{source}: "meta" is a {type(old).__name__}, expected a dict')
    stripped = dict(
        meta=dict(
            {key: plain(old[key]) for key in ('dataset_meta', 'epoch', 'iter', 'seed')
             if key in old}, **meta),
        state_dict={key: value.contiguous() for key, value in weights.items()})
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    torch.save(stripped, target)
    return stripped


def pack_checkpoint(source: str, target: str) -> None:
    """Writes a resumable training checkpoint that is small enough for a repository.

    It keeps the weights, their averages and the second moments of the optimiser in half
    precision (bfloat16 for the moments, which span many magnitudes). ``--resume`` reads it
    like any checkpoint. First moments are reset to zero, the loss history is dropped.

    Args:
        source (str): A checkpoint of MMEngine's runner, with an ``optimizer``.
        target (str): The file to write.

    Raises:
        FileNotFoundError, ValueError: As :func:`~erpose.weights.load_weights`, and if
            there is no optimiser.
    """
    checkpoint = load_weights(source)
    if 'optimizer' not in checkpoint:
        raise ValueError(f'{source} has no "optimizer": expected a training checkpoint '
                         'that --resume can read')
    for name in ('state_dict', 'ema_state_dict'):
        if name in checkpoint:
            checkpoint[name] = {key: value.half() if value.is_floating_point() else value
                                for key, value in checkpoint[name].items()}
    for state in checkpoint['optimizer']['state'].values():
        state.update(exp_avg=torch.zeros_like(state['exp_avg'], dtype=torch.bfloat16),
                     exp_avg_sq=state['exp_avg_sq'].bfloat16())
    checkpoint['message_hub'] = dict(log_scalars={}, runtime_info={}, resumed_keys={})
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint, target)


def plain(value: Any) -> Any:
    """Converts numpy values at any depth to Python values."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(v) for v in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
