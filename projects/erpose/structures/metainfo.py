"""Parses and checks MMPose's metainfo: descriptions of keypoint sets."""
import difflib
import logging
import math
import os.path as osp
import warnings
from typing import Any, Collection, List, Set, Tuple, Union

import numpy as np
from mmengine.config import Config, ConfigDict
from mmengine.logging import MMLogger, print_log
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from erpose.annotations.mirrored_names import mirrored_pairs

DEFAULT_SIGMA = 0.05
"""Used if the metainfo has no sigmas: between COCO's eye (0.025) and hip (0.107)."""
SIGMAS = (1e-4, 1.0)
"""Smallest and largest valid sigma. MMPose's smallest is 0.0018; the square of a much
smaller one is 0 in float32."""
SAID: Set[Tuple[str, str]] = set()
"""Logger name and text of the messages already logged."""


def parse_metainfo(metainfo: dict) -> dict:
    """Checks metainfo and parses it as MMPose does.

    Data sets, heads and the metric all call this function. A warning reports defaults that
    replace missing sigmas (:data:`DEFAULT_SIGMA`), joint weights (1) and the other
    direction of a swap; the skeleton may be missing. All other defects are errors.

    Args:
        metainfo (dict): ``dict(from_file='…')``, the content of such a file, or the result
            of this function or :func:`parse_pose_metainfo`. It is not changed.

    Returns:
        dict: Like :func:`parse_pose_metainfo`: ``num_keypoints``, ``flip_indices``,
        ``sigmas`` and others.

    Raises:
        FileNotFoundError: If ``from_file`` does not exist, in MMPose neither.
        ValueError: If the metainfo is invalid. The message names the file, the keypoint
            and the remedy.

    Example:
        >>> info = parse_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
        >>> info['num_keypoints']
        17
    """
    if not isinstance(metainfo, dict):
        raise ValueError(f'metainfo must be a dict, got {type(metainfo).__name__}')
    if 'num_keypoints' in metainfo and 'keypoint_info' not in metainfo:
        source = f'metainfo of {metainfo.get("dataset_name")!r}'
        names = metainfo.get('keypoint_id2name', {})
        names = [names.get(k, str(k)) for k in range(metainfo['num_keypoints'])]
        sigmas = _sigmas(metainfo.get('sigmas'), names, source)
        return dict(metainfo, sigmas=np.array(sigmas, np.float32))
    source, info = _read(metainfo)
    info['keypoint_info'] = _keypoints(info.get('keypoint_info'), source)
    names = [point['name'] for point in info['keypoint_info'].values()]
    _complete_swaps(info['keypoint_info'], source)
    info['skeleton_info'] = _skeleton(info.get('skeleton_info'), names, source)
    info['joint_weights'] = _joint_weights(info.get('joint_weights'), names, source)
    info['sigmas'] = _sigmas(info.get('sigmas'), names, source)
    return parse_pose_metainfo(info)


def log_once(text: str, level: int = logging.WARNING) -> None:
    """Logs a text once per run: data sets, head and metric read the same metainfo."""
    logger = MMLogger.get_current_instance()
    if logger.instance_name != 'mmengine':  # a runner's logger, which has its own name
        if (logger.instance_name, text) in SAID:
            return
        SAID.add((logger.instance_name, text))
    print_log(text, 'current', level=level)


def _read(metainfo: dict) -> tuple:
    """Name of the metainfo for messages, and a copy of its content."""
    if 'from_file' not in metainfo:
        name = metainfo.get('dataset_name', 'custom')
        return f'metainfo of {name!r}', dict(metainfo, dataset_name=name)
    path = _find(str(metainfo['from_file']))
    try:
        content = Config.fromfile(path)
        info = content.get('dataset_info')
    except Exception as error:  # the file is Python code, which may raise anything
        raise ValueError(f'{path} cannot be read as metainfo: {type(error).__name__}: '
                         f'{error}') from error
    if not isinstance(info, ConfigDict):
        raise ValueError(f'{path} is not metainfo of MMPose: expected dataset_info = dict('
                         'keypoint_info=…, skeleton_info=…, joint_weights=…, sigmas=…)')
    info = info.to_dict()
    info.setdefault('dataset_name', osp.splitext(osp.basename(path))[0])
    return path, info


def _find(path: str) -> str:
    if osp.isfile(path):
        return path
    import mmpose
    folder = osp.join(osp.dirname(mmpose.__file__), '.mim', 'configs', '_base_', 'datasets')
    shipped = osp.join(folder, osp.basename(path))
    if not osp.isfile(shipped):
        raise FileNotFoundError(
            f'metainfo file not found: {path}, neither in {osp.abspath(".")} nor by its '
            f'name in {folder}')
    if not path.replace('\\', '/').endswith(f'_base_/datasets/{osp.basename(path)}'):
        warnings.warn(f'{path} does not exist: using MMPose\'s {shipped}')
    return shipped


def _keypoints(info: Any, source: str) -> dict:
    """Checks ``keypoint_info``: the keypoints by id, in order, each with a name."""
    if isinstance(info, (list, tuple)):
        info = dict(enumerate(info))
    if not isinstance(info, dict) or not info:
        raise ValueError(f'{source} has no keypoint_info: expected one entry per keypoint, '
                         "such as 0: dict(name='nose', id=0, swap='')")
    ids = [_number(k) for k in info]
    if not all(isinstance(k, int) for k in ids) or sorted(ids) != list(range(len(ids))):
        raise ValueError(f'{source}: keypoint ids are {_short(ids)}, expected 0 to '
                         f'{len(ids) - 1} without gaps. Renumber keypoint_info in the '
                         'order of the annotation file')
    points = dict(sorted(zip(ids, (_keypoint(k, v, source) for k, v in info.items()))))
    names = [point['name'] for point in points.values()]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f'{source}: several keypoints have the name {repeated[0]!r}')
    stated = [_number(point.get('id', k)) for k, point in points.items()]
    if stated != list(points):
        if sorted(map(str, stated)) == sorted(map(str, points)):
            raise ValueError(f'{source}: the keys of keypoint_info are '
                             f'{_short(list(points))}, but its "id" fields '
                             f'{_short(stated)}. Make them equal, in the order of the '
                             'annotation file')
        k = next(k for k, i in zip(points, stated) if i != k)
        log_once(f'{source}: keypoint {k} ({names[k]}) has id={stated[k]}, which differs '
                 f'from its key in keypoint_info and is ignored. Correct it to id={k}')
    return points


def _number(key: Any) -> Any:
    return int(key) if isinstance(key, str) and key.isdecimal() else key


def _keypoint(key: Any, point: Any, source: str) -> dict:
    if isinstance(point, str):
        point = dict(name=point)
    name = point.get('name') if isinstance(point, dict) else None
    if not isinstance(name, str) or not name:
        raise ValueError(f'{source}: keypoint {key} has no name: expected '
                         f"{key}: dict(name='…', id={key}, swap=''), got "
                         f'{str(point)[:80]}')
    color = point.get('color')
    if color is not None:
        _check_color(color, f'{source}: keypoint {name!r}')
    return _without_none(point)


def _without_none(entry: dict) -> dict:
    """A copy without a colour of None, so that MMPose uses its default."""
    return {k: v for k, v in entry.items() if k != 'color' or v is not None}


def _check_color(color: Any, what: str) -> None:
    if len(np.shape(color)) != 1 or len(color) != 3 or not all(
            isinstance(v, (int, float)) and 0 <= v <= 255 for v in color):
        raise ValueError(f'{what}: color must be three numbers from 0 to 255, got '
                         f'{color!r}')


def _complete_swaps(points: dict, source: str) -> None:
    """Checks that ``swap`` pairs keypoints, and completes pairs stated only once."""
    by_name = {point['name']: point for point in points.values()}
    names = list(by_name)
    for name, point in by_name.items():
        point['swap'] = point.get('swap') or ''
        if point['swap'] == name:
            point['swap'] = ''
        if point['swap'] and point['swap'] not in names:
            raise ValueError(f'{source}: keypoint {name!r} has swap={point["swap"]!r}, '
                             f'which is not a keypoint{_close(point["swap"], names)}')
    for name, point in by_name.items():
        other = by_name.get(point['swap'])
        if other is None or other['swap'] == name:
            continue
        rivals = [n for n, p in by_name.items() if p['swap'] == other['name']]
        if other['swap'] or len(rivals) > 1:
            raise ValueError(
                f'{source}: keypoint {name!r} has swap={other["name"]!r}, but '
                + (f'{other["name"]!r} has swap={other["swap"]!r}' if other['swap'] else
                   f'so has {next(n for n in rivals if n != name)!r}')
                + '. The two keypoints of a pair must name each other')
        other['swap'] = name
        log_once(f'{source}: keypoint {name!r} has swap={other["name"]!r}, but '
                 f'{other["name"]!r} has no swap. They are used as a pair. Add '
                 f'swap={name!r} to {other["name"]!r}')
    unpaired = [(a, b) for a, b in mirrored_pairs(list(by_name))
                if by_name[a]['swap'] != b]
    if unpaired:
        a, b = unpaired[0]
        log_once(f'{source}: a horizontal flip does not swap '
                 f'{_short([f"{a}/{b}" for a, b in unpaired])}. Their names say left and '
                 'right, so labels of flipped images would be wrong. Set '
                 f'swap={b!r} in {a!r} and swap={a!r} in {b!r}, likewise for each pair')


def _skeleton(info: Any, names: List[str], source: str) -> dict:
    info = dict(enumerate(info)) if isinstance(info, (list, tuple)) else (info or {})
    if not isinstance(info, dict):
        raise ValueError(f'{source}: skeleton_info is {str(info)[:80]!r}, expected one '
                         "entry per limb, such as 0: dict(link=('a', 'b'), id=0)")
    for key, limb in info.items():
        link = limb.get('link') if isinstance(limb, dict) else None
        if not isinstance(link, (list, tuple)) or len(link) != 2:
            raise ValueError(f'{source}: skeleton_info {key} has no link of two keypoints: '
                             f"expected dict(link=('a', 'b'), …), got {str(limb)[:80]}")
        for name in link:
            if name not in names:
                raise ValueError(f'{source}: skeleton_info {key} links {name!r}, which is '
                                 f'not a keypoint{_close(name, names)}')
        if limb.get('color') is not None:
            _check_color(limb['color'], f'{source}: skeleton_info {key}')
    return {key: _without_none(limb) for key, limb in info.items()}


def _joint_weights(weights: Any, names: List[str], source: str) -> List[float]:
    if weights is None or not np.size(weights):
        return [1.0] * len(names)
    weights = _numbers(weights, 'joint_weights', source)
    if len(weights) != len(names):
        log_once(f'{source} has {len(names)} keypoints but {len(weights)} joint_weights: '
                 'using 1 for all')
        return [1.0] * len(names)
    for name, weight in zip(names, weights):
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f'{source}: the joint weight of {name!r} must be at least 0, '
                             f'got {weight}')
    return weights


def _sigmas(sigmas: Any, names: List[str], source: str) -> List[float]:
    if sigmas is None or not np.size(sigmas):
        log_once(f'{source} has no sigmas: using {DEFAULT_SIGMA} for all keypoints. '
                 f'Add sigmas=[{DEFAULT_SIGMA}] * {len(names)}, or smaller values for '
                 'precise keypoints (0.025 for an eye) and larger ones for vague keypoints '
                 '(0.1 for a hip)')
        return [DEFAULT_SIGMA] * len(names)
    sigmas = _numbers(sigmas, 'sigmas', source)
    if len(sigmas) != len(names):
        raise ValueError(f'{source} has {len(names)} keypoints but {len(sigmas)} sigmas')
    for name, sigma in zip(names, sigmas):
        if not SIGMAS[0] <= sigma <= SIGMAS[1]:
            raise ValueError(f'{source}: the sigma of keypoint {name!r} is {sigma:g}, '
                             f'expected {SIGMAS[0]} to {SIGMAS[1]:g}, for example '
                             f'{DEFAULT_SIGMA}')
    return sigmas


def _numbers(values: Any, field: str, source: str) -> List[float]:
    values = np.asarray(values, dtype=object).reshape(-1) if np.ndim(values) == 1 else None
    if values is None or not all(
            isinstance(v, (int, float, np.number)) and not isinstance(v, bool)
            for v in values):
        raise ValueError(f'{source}: {field} must be a list with one number per keypoint')
    return [float(v) for v in values]


def _close(name: Any, names: Collection[str]) -> str:
    close = difflib.get_close_matches(str(name), list(names), 1)
    return f'. Did you mean {close[0]!r}?' if close else f' of {_short(list(names))}'


def _short(items: Union[list, tuple], most: int = 6) -> str:
    """The first items, for a message."""
    more = f' and {len(items) - most} more' if len(items) > most else ''
    return ', '.join(map(str, items[:most])) + more
