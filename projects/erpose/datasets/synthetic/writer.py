"""Writes synthetic crowd data sets as COCO-style files."""
import json
import os
import os.path as osp
import shutil
from typing import Any, Dict, Tuple

import cv2
import numpy as np

from .scene import check_settings, render_scene
from .skeleton import Skeleton

COCO = dict(from_file='configs/_base_/datasets/coco.py')
JPEG_QUALITY = 92
DESCRIPTION = 'Synthetic crowd of erpose'


def generate(out_dir: str, num_images: int, seed: int = 0,
             image_size: Tuple[int, int] = (512, 512), persons: Tuple[int, int] = (1, 8),
             metainfo: dict = COCO, overwrite: bool = False, **scene: Any) -> dict:
    """Writes ``annotations.json`` and ``images/*.jpg`` of a synthetic crowd set.

    Image i depends only on the seed, i and the settings, so that a longer set starts with
    the shorter one. See :func:`annotate` for the annotations.

    Args:
        out_dir (str): Output folder; must be empty or missing.
        num_images (int): Number of images, at least 1.
        seed (int): Random seed, at least 0. Defaults to 0.
        image_size (tuple[int, int]): Width and height, in pixels.
        persons (tuple[int, int]): Minimum and maximum number of persons in an image.
        metainfo (dict): Metainfo of MMPose. Keypoints of the human body give persons, any
            other skeleton gives creatures. Defaults to COCO's.
        overwrite (bool): Replace an earlier set in ``out_dir``. Defaults to False.
        **scene: Further settings of :func:`render_scene`.

    Returns:
        dict: The content of ``annotations.json``.

    Raises:
        FileExistsError: If ``out_dir`` is not empty, unless ``overwrite`` is set and it
            contains an earlier set.
        ValueError: If a setting is out of range.
    """
    if num_images < 1 or seed < 0:
        raise ValueError('num_images must be at least 1 and seed at least 0, got '
                         f'{num_images} and {seed}')
    check_settings(image_size, persons, **scene)
    skeleton = Skeleton.from_metainfo(metainfo)
    _prepare(out_dir, overwrite)
    content: Dict[str, Any] = dict(
        info=dict(description=DESCRIPTION, version='1.0', seed=seed),
        images=[],
        annotations=[],
        categories=[dict(id=1, name='person', keypoints=skeleton.names,
                         skeleton=[[a + 1, b + 1] for a, b in skeleton.links])])
    for i in range(num_images):
        rng = np.random.default_rng([seed, i])
        image, annotations, index = render_scene(rng, skeleton, image_size, persons,
                                                 **scene)
        name = f'{i + 1:06d}.jpg'
        path = osp.join(out_dir, 'images', name)
        if not cv2.imwrite(path, image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
            raise OSError(f'cannot write {path}')
        content['images'].append(dict(id=i + 1, file_name=name, width=image_size[0],
                                      height=image_size[1], crowdIndex=round(index, 4)))
        for ann in annotations:
            ann.update(id=len(content['annotations']) + 1, image_id=i + 1)
            content['annotations'].append(ann)
    with open(osp.join(out_dir, 'annotations.json'), 'w', encoding='utf-8') as file:
        json.dump(content, file)
    return content


def _prepare(out_dir: str, overwrite: bool) -> None:
    """Creates the folders; removes an earlier set, but no other files."""
    ann_file = osp.join(out_dir, 'annotations.json')
    if osp.isdir(out_dir) and os.listdir(out_dir):
        if not overwrite:
            raise FileExistsError(f'{out_dir} is not empty: choose another folder, or '
                                  'replace the set in it (--force, overwrite=True)')
        if not _is_synthetic(ann_file):
            raise FileExistsError(f'{out_dir} does not contain a synthetic set and is not '
                                  'replaced: choose another folder')
        os.remove(ann_file)
        shutil.rmtree(osp.join(out_dir, 'images'), ignore_errors=True)
    os.makedirs(osp.join(out_dir, 'images'))


def _is_synthetic(ann_file: str) -> bool:
    try:
        with open(ann_file, encoding='utf-8') as file:
            return json.load(file)['info']['description'] == DESCRIPTION
    except (OSError, ValueError, KeyError, TypeError):
        return False
