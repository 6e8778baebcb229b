"""COCO-style data sets of any keypoint set, with or without boxes and areas."""
import logging
import os.path as osp
from collections import Counter
from itertools import chain
from typing import List, Optional, Tuple

import numpy as np
from mmengine.logging import print_log
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS
from PIL import Image

from erpose.deploy.sources import read_image
from erpose.structures.metainfo import parse_metainfo

from .annotations import load_annotations

ORIENTATION = 0x0112
"""EXIF tag. Above 4: width and height change places."""


@DATASETS.register_module()
class KeypointDataset(BaseCocoStyleDataset):
    """A COCO-style data set that needs no box and no area.

    COCO, CrowdPose and a user's own data differ in their metainfo only:
    ``metainfo=dict(from_file='configs/_base_/datasets/coco.py')``. What an annotation
    lacks is derived from its keypoints and said once in the log; what cannot be used is
    skipped, counted and said. A file that does not fit the metainfo is an error at once.

    Args:
        metainfo (dict): Of the data set. Required.
        data_mode (str): Defaults to 'bottomup': one sample an image.
        **kwargs: As :class:`BaseCocoStyleDataset`.
    """

    def __init__(self, metainfo: Optional[dict] = None, data_mode: str = 'bottomup',
                 **kwargs):
        if not metainfo:
            raise ValueError("KeypointDataset needs metainfo, for example metainfo=dict("
                             "from_file='configs/_base_/datasets/coco.py')")
        super().__init__(metainfo=metainfo, data_mode=data_mode, **kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: Optional[dict] = None) -> dict:
        return parse_metainfo(metainfo or {})

    def _load_annotations(self) -> Tuple[List[dict], List[dict]]:
        content, derived, dropped = load_annotations(
            self.ann_file, self.metainfo['num_keypoints'])
        total = len(content['annotations']) + sum(dropped.values())
        skipped = Counter({f'annotation: {why}': n for why, n in dropped.items()})
        images = self._usable_images(content['images'], skipped)
        self._metainfo['CLASSES'] = content['categories']

        instances = {image_id: [] for image_id in images}
        for ann in content['annotations']:
            if ann['image_id'] not in images:
                skipped['annotation: its image is not usable or not listed'] += 1
                continue
            instances[ann['image_id']].append(
                self.parse_data_info(
                    dict(raw_ann_info=ann, raw_img_info=images[ann['image_id']])))
        self._report(skipped, derived, total)
        empty = sum(not persons for persons in instances.values())
        if empty and not self.test_mode:
            print_log(f'{self.ann_file}: {empty} of {len(images)} images have no '
                      'annotation and are not trained on', 'current')
        if not (images if self.test_mode else any(instances.values())):
            use = 'test' if self.test_mode else 'train'
            raise ValueError(
                f'{self.ann_file} leaves nothing to {use} on: {len(images)} usable images, '
                f'{total} annotations; skipped: {dict(skipped) or "nothing"}')
        return list(chain.from_iterable(instances.values())), list(images.values())

    def _usable_images(self, images: List[dict], skipped: Counter) -> dict:
        """Images that are there, by id, with path and size."""
        usable, missing = {}, []
        for image in images:
            if self.sample_interval > 1 and image['id'] % self.sample_interval:
                continue
            path = osp.join(self.data_prefix['img'], image['file_name'])
            if not osp.isfile(path):
                missing.append(path)
                continue
            if 'width' not in image:
                size = image_size(path)
                if size is None:
                    skipped['image: cannot be read'] += 1
                    continue
                image['width'], image['height'] = size
            usable[image['id']] = dict(image, img_id=image['id'], img_path=path)
        if missing:
            skipped[f'image: not found, for example {missing[0]!r}'] = len(missing)
        if missing and not usable:
            raise FileNotFoundError(
                f'none of the {len(images)} images of {self.ann_file} is there, for '
                f'example {missing[0]!r}. Check data_root and data_prefix.')
        return usable

    def parse_data_info(self, raw_data_info: dict) -> dict:
        info, image = super().parse_data_info(raw_data_info), raw_data_info['raw_img_info']
        info['stated_size'] = np.array([[image['width'], image['height']]])
        if info['iscrowd']:  # as the evaluation ignores it, whatever is labelled in it
            info['keypoints_visible'] = np.zeros_like(info['keypoints_visible'])
        return info

    def _report(self, skipped: Counter, derived: Counter, total: int) -> None:
        for field, count in derived.items():
            print_log(f'{self.ann_file}: derived {field} from the keypoints for {count} '
                      f'of {total} annotations', 'current')
        for reason, count in skipped.items():
            print_log(f'{self.ann_file}: skipped {count} x {reason}', 'current',
                      level=logging.WARNING)


def image_size(path: str) -> Optional[Tuple[int, int]]:
    """Width and height of an image as it is trained on: turned as its EXIF tag says.

    None if the file is no image. Pixels are read where an EXIF tag turns it on its side
    alone.
    """
    try:
        with Image.open(path) as file:
            size, turned = file.size, file.getexif().get(ORIENTATION, 1) > 4
        return read_image(path).shape[1::-1] if turned else size
    except Exception:  # Pillow's decoders raise what they like
        return None
