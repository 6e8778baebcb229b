"""Reads the metadata of an exported file."""
import json
from pathlib import Path
from typing import Any, Dict, Tuple, Union

from erpose.imaging.letterbox import MAX_SIDE

from .decode import DecoderSettings


def read_metadata(properties: Dict[str, str], count: int, model: Path) -> Dict[str, Any]:
    """Parses and checks the metadata of ``erpose export``, with defaults if absent.

    Args:
        properties (dict[str, str]): JSON texts by key.
        count (int): K.
        model (Path): The file, for error messages.

    Raises:
        ValueError: If a value is invalid.
    """
    checks = dict(
        keypoints=lambda v: _list_of(v, str, count),
        skeleton=lambda v: isinstance(v, list) and all(
            _list_of(pair, int, 2) and min(pair) >= 0 and max(pair) < count for pair in v),
        colours=lambda v: isinstance(v, list) and len(v) == count and all(
            _list_of(c, int, 3) and min(c) >= 0 and max(c) < 256 for c in v),
        sigmas=lambda v: _list_of(v, (int, float), count) and all(0 < s < 10 for s in v),
        input_size=lambda v: _list_of(v, int, 2) and min(v) > 0 and max(v) <= MAX_SIDE,
        nms=lambda v: v is None or (
            isinstance(v, dict) and v.get('kind') in ('box', 'oks')
            and isinstance(v.get('threshold'), (int, float)) and v['threshold'] > 0),
        decoder=lambda v: v is None or _is_decoder(v))
    info: Dict[str, Any] = dict(
        keypoints=[f'keypoint {i}' for i in range(count)], skeleton=[],
        colours=[[255, 128, 0]] * count, sigmas=None, input_size=None, nms=None,
        decoder=None)
    for key in set(checks) & set(properties):
        try:
            info[key] = json.loads(properties[key])
            valid = checks[key](info[key])
        except (ValueError, RecursionError):
            valid = False
        if not valid:
            raise ValueError(f'{model}: invalid metadata "{key}" for {count} keypoints: '
                             f'{properties[key][:60]!r}. Export the model again with '
                             '`erpose export`')
    if info['nms'] and info['nms']['kind'] == 'oks' and info['sigmas'] is None:
        raise ValueError(f'{model}: the metadata needs "sigmas" for OKS-NMS. Export the '
                         'model again with `erpose export`')
    return info


def _is_decoder(value: Any) -> bool:
    """Whether the value is valid as :class:`DecoderSettings`."""
    if not isinstance(value, dict) or set(value) != set(DecoderSettings._fields):
        return False
    strides, *numbers = (value[name] for name in DecoderSettings._fields)
    return (isinstance(strides, list) and _list_of(strides, int, len(strides))
            and len(strides) > 0 and min(strides) > 0
            and all(isinstance(n, (int, float)) and 0 <= n < 1e6 for n in numbers)
            and isinstance(value['average'], bool) and value['agreement'] > 0
            and all(isinstance(value[name], int) and value[name] >= 1
                    for name in ('num_candidates', 'max_per_img')))


def _list_of(value: Any, kind: Union[type, Tuple[type, ...]], length: int) -> bool:
    return (isinstance(value, list) and len(value) == length
            and all(isinstance(v, kind) and not isinstance(v, bool) for v in value))
