"""Makes MMEngine and MMPose accept names of the model zoo for configs and checkpoints.

- ``MMPoseInferencer('erpose-n')`` looks aliases up in MMPose's index; ours is added to it.
- ``Config.fromfile`` and ``CheckpointLoader``, which read all configs and weights
  (``load_from``, ``init_cfg``, ``--resume``, ``-C`` of ``mim test``), accept the names of
  :func:`erpose.zoo.config` and :func:`erpose.zoo.checkpoint`. The error of a failed
  download says how to do without it.
- ``_base_ = 'erpose::erpose/<config>.py'`` works as for the OpenMMLab packages.
"""
import functools
import os.path as osp
import re
from typing import Any, Callable, Iterator, Optional, Tuple

from mmengine.config import Config
from mmengine.config import utils as config_utils
from mmengine.infer import BaseInferencer
from mmengine.runner.checkpoint import CheckpointLoader

from erpose import zoo


def register() -> None:
    """Patches MMEngine and MMPose's inferencers (idempotent)."""
    if getattr(BaseInferencer._get_models_from_metafile, '_erpose', False):
        return
    config_utils.MODULE2PACKAGE.setdefault('erpose', 'erpose')
    _replace(BaseInferencer, '_get_models_from_metafile', staticmethod, _with_our_models)
    _replace(Config, 'fromfile', staticmethod, _with_our_configs)
    _replace(Config, '_get_cfg_path', staticmethod, _with_our_bases)
    _replace(CheckpointLoader, 'load_checkpoint', classmethod, _with_our_checkpoints)


def _replace(owner: type, name: str, kind: type,
             wrap: Callable[[Callable], Callable]) -> None:
    original = vars(owner)[name].__func__
    wrapper = functools.wraps(original)(wrap(original))
    wrapper.__dict__['_erpose'] = True
    setattr(owner, name, kind(wrapper))


def _with_our_models(original: Callable) -> Callable:

    def get_models(dir: str) -> Iterator[dict]:
        yield from original(dir)
        if osp.basename(osp.dirname(osp.abspath(dir))) == 'mmpose' or osp.isdir(
                osp.join(dir, 'mmpose')):  # an installed mmpose, or a checkout of it
            yield from zoo.models()

    return get_models


def _with_our_configs(original: Callable) -> Callable:
    return lambda filename, *args, **kwargs: original(
        zoo.config(str(filename)), *args, **kwargs)


def _with_our_bases(original: Callable) -> Callable:
    """Finds our base configs, without a ``_scope_``: we use MMPose's own registries.

    MMEngine adds ``_scope_``, the package's name, to all dicts of another package's config.
    Registries then search only packages that are already loaded, and callables that no
    registry builds (``worker_init_fn``, ``collate_fn``) get ``_scope_`` as an argument.
    """

    def get_path(cfg_path: str, filename: str) -> Tuple[str, Optional[str]]:
        package, separator, name = cfg_path.partition('::')
        if package != 'erpose' or not separator:
            return original(cfg_path, filename)
        path = zoo.config(name)
        if not osp.isfile(path):
            raise FileNotFoundError(f'{filename}: config not found: {cfg_path}. Configs of '
                                    f'erpose are in {zoo.root() / "configs"}')
        return path, None

    return get_path


def _with_our_checkpoints(original: Callable) -> Callable:

    def load(cls: type, filename: str, map_location: Any = None,
             logger: Optional[str] = 'current') -> dict:
        path = zoo.checkpoint(filename)
        try:
            # without a logger MMEngine prints the backend; the runner logs the rest
            return original(cls, path, map_location, logger or 'silent')
        except OSError as error:
            if '://' not in path:
                raise
            raise FileNotFoundError(_without_download(path, error)) from error

    return load


def _without_download(address: str, error: OSError) -> str:
    size = re.search(r'/rtmdet_(nano|tiny|s|m|l)_', address)
    remedy = (f'RTMDET_{size[1].upper()}=FILE names a local copy for the configs of erpose'
              if size else 'name a local copy in the config, as init_cfg.checkpoint')
    return f'cannot download {address} ({getattr(error, "reason", error)}): {remedy}'
