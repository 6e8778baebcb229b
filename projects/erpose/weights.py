"""Loads checkpoints from untrusted sources without running their code."""
import os.path as osp
import re
from typing import Any, Callable

import torch


def load_weights(path: str, map_location: Any = 'cpu') -> dict:
    """Reads a checkpoint under ``torch.load(weights_only=True)``.

    Args:
        path (str): The file.
        map_location: As of ``torch.load``. Defaults to 'cpu'.

    Returns:
        dict: The checkpoint, without the text of the config.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the file contains more than weights, is damaged or is not a
            checkpoint. The message names the file, the cause and the remedy.
    """
    path = osp.expanduser(path)
    if not osp.isfile(path):
        raise FileNotFoundError(f'checkpoint not found: {path}')
    return checked(torch.load, path, map_location=map_location)


def checked(load: Callable, path: str, **kwargs: Any) -> dict:
    """Calls ``load(path, weights_only=True, **kwargs)``; raises as :func:`load_weights`."""
    if path.lower().endswith('.onnx'):
        raise ValueError(f'{path} is an exported model: use the checkpoint (.pth) that it '
                         'was exported from')
    try:
        checkpoint = load(path, weights_only=True, **kwargs)
    except OSError:  # its message names the file or the URL
        raise
    except Exception as error:  # pickle, zip and torch raise many kinds
        raise ValueError(f'{path} {_cause(str(error))}') from None
    weights = checkpoint.get('state_dict', {}) if isinstance(checkpoint, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(k, str) for k in weights):
        raise ValueError(f'{path} is not a checkpoint: expected a dict with the '
                         '"state_dict" of a model')
    return _without_config(checkpoint)


def _without_config(checkpoint: dict) -> dict:
    """Drops the config text, which MMEngine would execute to resume or to infer."""
    hub = checkpoint.get('message_hub')
    for info in (checkpoint.get('meta'),
                 hub.get('runtime_info') if isinstance(hub, dict) else None):
        for key in ('cfg', 'config'):
            if isinstance(info, dict):
                info.pop(key, None)
    return checkpoint


def _cause(error: str) -> str:
    found = re.search(r'(?:GLOBAL|[Ff]unction|[Cc]lass) ([\w.]+\.?\w*)', error)
    if 'Weights only load failed' in error and found:
        return (f'is refused: it contains more than weights ({found[1]}), and loading it '
                'could run arbitrary code. Ask its author for a file that contains only '
                'weights, as tools/publish.py writes it')
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    reason = next((line for line in lines if 'Weights' not in line), 'it is empty')
    return ('is damaged or not a PyTorch checkpoint: download it again or check the path '
            f'({reason[:200]})')
