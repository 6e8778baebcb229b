"""Generates the config for training on own data."""
import os.path as osp
from pathlib import Path
from typing import Optional

from erpose.annotations.keypoint_categories import Category

from .subset import Subset

BASE = 'erpose::erpose/erpose-n_1xb16-30e_own-416x416.py'
START = 'erpose-n'
"""Model of the zoo whose weights initialise the training."""
BATCH = 16
STEPS = 3000
"""Training steps, within 30 to 200 epochs."""

TEXT = '''\
# Written by `erpose init`, and yours to change: docs/own_data.md says how.
_base_ = {base!r}

load_from = {start!r}  # weights of the zoo to start from
here = "{{{{ fileDirname }}}}/"  # the folder of this file
work_dir = here + 'work'
metainfo = dict(from_file=here + {keypoints!r})
train = dict(
    metainfo=metainfo,
    data_root='',
    ann_file={train_file},
    data_prefix=dict(img={train_images}){options})
val = dict(
    train,
    ann_file={val_file},
    data_prefix=dict(img={val_images}))

model = dict(head=dict(metainfo=metainfo))
train_dataloader = dict(batch_size={batch}, dataset=train)  # of {number} images
val_dataloader = dict(dataset=val)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=val['ann_file'])
test_evaluator = val_evaluator

max_epochs = {epochs}
train_cfg = dict(
    max_epochs=max_epochs,
    val_interval={interval},
    dynamic_intervals=[(max_epochs, 1)])
default_hooks = dict(checkpoint=dict(interval={interval}))
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(end=max_epochs, T_max=max_epochs)
'''


def config_text(name: str, folder: Path, train: Subset, val: Subset,
                category: Optional[Category]) -> str:
    """Text of a config that fine-tunes erpose-n of the zoo.

    Args:
        name (str): Name of the data set; ``<name>_keypoints.py`` is its metainfo.
        folder (Path): Folder of the config.
        train (Subset): Training set, with an ``ann_file``.
        val (Subset): Validation set, with an ``ann_file``.
        category (int | str | Sequence): The chosen category. Optional.
    """
    assert train.ann_file and val.ann_file
    options = (f',\n    category={category!r}' * (category is not None)
               + ',\n    keep_empty=True' * train.keep_empty)
    number = train.num_images
    epochs = num_epochs(number)
    return TEXT.format(
        base=BASE, start=START, keypoints=f'{name}_keypoints.py', options=options,
        train_file=_path(train.ann_file, folder), val_file=_path(val.ann_file, folder),
        train_images=_path(train.images, folder), val_images=_path(val.images, folder),
        number=number, batch=batch_size(number), epochs=epochs, interval=epochs // 10)


def batch_size(number: int) -> int:
    """Batch size, at most half of the images: training drops the last incomplete batch."""
    return max(size for size in (1, 2, 4, 8, BATCH) if size <= max(1, number // 2))


def num_epochs(number: int) -> int:
    """Number of epochs, a multiple of 10; more for fewer images."""
    epochs = STEPS * batch_size(number) / number
    return min(max(round(epochs / 10) * 10, 30), 200)


def _path(path: Path, folder: Path) -> str:
    """Python expression of a path, relative to the config if both can move together."""
    path, folder = Path(osp.abspath(path)), Path(osp.abspath(folder))
    end = '/' * path.is_dir()
    if folder.parent in path.parents and not folder.is_symlink():
        relative = Path(osp.relpath(path, folder)).as_posix()
        return f'here + {relative + end!r}'
    return repr(path.as_posix() + end)
