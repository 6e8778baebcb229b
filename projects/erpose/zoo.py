"""The erpose model zoo, found by MMPose's inferencers and MMEngine's configs.

``MMPoseInferencer('erpose-n')`` looks an alias up in MMPose's own index. Once erpose is
imported, its index is read after MMPose's, and weights that ship with the project are
named by their place on this disk. ``_base_ = 'erpose::erpose/<config>.py'`` works as it
does for the OpenMMLab packages.
"""
import functools
import os.path as osp
from pathlib import Path
from typing import Iterator

from mmengine.config import utils as config_utils
from mmengine.fileio import load
from mmengine.infer import BaseInferencer


def root() -> Path:
    """Folder that holds ``configs`` and ``model-index.yml``: ``.mim``, or the checkout."""
    package = Path(__file__).parent
    installed = package / '.mim'
    return installed if (installed / 'model-index.yml').exists() else package.parents[1]


def models() -> Iterator[dict]:
    """The entries of all metafiles, with absolute paths for what is on this disk."""
    base = root()
    for metafile in load(base / 'model-index.yml')['Import']:
        for model in load(base / metafile)['Models']:
            model = dict(model, Config=str(base / model['Config']))
            weights = model.get('Weights')
            if weights and '://' not in weights:
                model['Weights'] = str(base / weights)
            yield model


def register() -> None:
    """Makes the zoo known to MMEngine and to MMPose's inferencers (idempotent)."""
    config_utils.MODULE2PACKAGE.setdefault('erpose', 'erpose')
    original = BaseInferencer._get_models_from_metafile
    if getattr(original, '_erpose', False):
        return

    @functools.wraps(original)
    def with_erpose(dir: str):
        yield from original(dir)
        if osp.basename(osp.dirname(osp.abspath(dir))) == 'mmpose' or osp.isdir(
                osp.join(dir, 'mmpose')):  # an installed mmpose, or a checkout of it
            yield from models()

    with_erpose._erpose = True
    BaseInferencer._get_models_from_metafile = staticmethod(with_erpose)
