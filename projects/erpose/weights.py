"""Reading checkpoints that may come from strangers: no code of theirs runs."""
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
        dict: The checkpoint, without the text of a config.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds more than weights, is damaged or is no checkpoint. The
            message names the file, the cause and the remedy.
    """
    path = osp.expanduser(path)
    if not osp.isfile(path):
        raise FileNotFoundError(f'no checkpoint {path}')
    return checked(torch.load, path, map_location=map_location)


def checked(load: Callable, path: str, **kwargs: Any) -> dict:
    """``load(path, weights_only=True, **kwargs)``, its errors said as above."""
    if path.lower().endswith('.onnx'):
        raise ValueError(f'{path} is a deployed model: name the checkpoint, .pth, that it '
                         'was exported from')
    try:
        checkpoint = load(path, weights_only=True, **kwargs)
    except OSError:  # names the file or the address itself
        raise
    except Exception as error:  # pickle's, zip's and torch's kinds
        raise ValueError(f'{path} {_cause(str(error))}') from None
    weights = checkpoint.get('state_dict', {}) if isinstance(checkpoint, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(k, str) for k in weights):
        raise ValueError(f'{path} is no checkpoint: expected a dict with the "state_dict" '
                         'of a model')
    return _without_config(checkpoint)


def _without_config(checkpoint: dict) -> dict:
    """Drops the config's text, which MMEngine runs to resume or for want of a config."""
    hub = checkpoint.get('message_hub')
    for place in (checkpoint.get('meta'),
                  hub.get('runtime_info') if isinstance(hub, dict) else None):
        for key in ('cfg', 'config'):
            if isinstance(place, dict):
                place.pop(key, None)
    return checkpoint


def _cause(error: str) -> str:
    found = re.search(r'(?:GLOBAL|[Ff]unction|[Cc]lass) ([\w.]+\.?\w*)', error)
    if 'Weights only load failed' in error and found:
        return (f'is refused: it holds more than weights ({found[1]}), and to load that '
                'can run code of whoever made the file. Ask its maker for the weights '
                'alone: tools/publish.py writes such files')
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    said = next((line for line in lines if 'Weights' not in line), 'it is empty')
    return ('is damaged, or is no checkpoint of PyTorch: fetch it again or check the path '
            f'({said[:200]})')
