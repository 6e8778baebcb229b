"""Transforms that MMPose lacks: robust loading, regions to ignore, packing."""
import logging
from typing import Any, Optional, Tuple

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmengine.logging import print_log
from mmpose.datasets.transforms import (
    LoadImage,
    Mosaic,
    PackPoseInputs,
    RandomFlip,
    YOLOXMixUp,
)
from mmpose.registry import TRANSFORMS

from erpose.annotations.image_sizes import ImageHeader, read_header
from erpose.imaging.images import as_image, decode_image
from erpose.imaging.letterbox import MAX_SIDE

PER_PERSON = ('bbox', 'bbox_score', 'category_id', 'keypoints', 'keypoints_visible', 'area')


@TRANSFORMS.register_module()
class LoadTestImage(LoadImage):
    """Loads an image and applies its EXIF rotation, as annotations expect.

    Raises:
        ValueError: If the image cannot be decoded, is larger than OpenCV can warp, or does
            not have the size stated in the annotation file. The message names the file.
    """

    def transform(self, results: dict) -> dict:
        path = str(results.get('img_path'))
        if 'img' in results:
            image = as_image(results['img'])
        else:
            try:
                data = fileio.get(path, backend_args=self.backend_args)
            except Exception as error:  # storage backends may raise anything
                raise ValueError(f'{path} cannot be read: {error}') from None
            image = decode_image(data, path)
        results = super().transform(dict(results, img=image))
        height, width = results['img_shape']
        if max(height, width) > MAX_SIDE:
            raise ValueError(f'{path} is {width}x{height}: no side may exceed {MAX_SIDE} '
                             'pixels. Resize the image')
        stated = results.get('stated_size', ())
        if len(stated):
            seen = ImageHeader(width, height, 1)
            if seen.mismatch(path, *stated[0]):
                tag = (read_header(path) or seen).orientation
                raise ValueError(seen._replace(orientation=tag).mismatch(path, *stated[0]))
        return results


@TRANSFORMS.register_module()
class LoadTrainImage(LoadTestImage):
    """Loads an image for training; replaces an unusable one by an empty grey image.

    A broken file among a hundred thousand must not stop a training that takes days. A
    warning names it, and the sample has no persons.

    Note:
        MMPose's transforms fail on images without persons. These get a placeholder person
        without extent and labels, which :class:`FilterPersons` removes.
    """

    def transform(self, results: dict) -> dict:
        if 'keypoints' in results and not len(results['keypoints']):
            results = dict(results, **_placeholder(results))
        try:
            return super().transform(results)
        except ValueError as error:
            print_log(f'replaced by an empty image: {error}', 'current',
                      level=logging.WARNING)
        results['img'] = np.full((64, 64, 3), 114, dtype=np.uint8)
        results['img_shape'] = results['ori_shape'] = (64, 64)
        # Cleared, but not removed, see the note above.
        results['keypoints_visible'] = np.zeros_like(results['keypoints_visible'])
        results['bbox'] = np.zeros_like(results['bbox'])
        return results


@TRANSFORMS.register_module()
class PoseRandomFlip(RandomFlip):
    """:class:`RandomFlip` that also supports inputs that are not square.

    MMPose's transform reads (width, height) of the input as (height, width), which
    misplaces the keypoints of such inputs.
    """

    def transform(self, results: dict) -> dict:
        size = results.pop('input_size', results['img'].shape[1::-1])
        results = super().transform(dict(results, input_size=size[::-1]))
        return dict(results, input_size=size)


@TRANSFORMS.register_module()
class PoseMosaic(Mosaic):
    """:class:`Mosaic` with exact keypoints.

    MMPose's transform rounds the sizes of the tiles but not the scale of the keypoints, and
    scales these about the centre of the first pixel, an error of up to one pixel. Here the
    tiles are resized beforehand.
    """

    def apply_mix(self, results: dict) -> dict:
        for data in (results, *results['mixed_data_list']):
            fit_image(data, self.img_scale)
        return super().apply_mix(results)


@TRANSFORMS.register_module()
class PoseMixUp(YOLOXMixUp):
    """:class:`YOLOXMixUp` with exact keypoints, as in :class:`PoseMosaic`."""

    def __init__(self, img_scale: Tuple[int, int] = (640, 640),
                 ratio_range: Tuple[float, float] = (0.5, 1.5), **kwargs: Any) -> None:
        super().__init__(img_scale, ratio_range=(1, 1), **kwargs)
        self.size, self.jitter = img_scale, ratio_range

    def apply_mix(self, results: dict) -> dict:
        jitter = np.random.uniform(*self.jitter)
        self.img_scale = round(self.size[0] * jitter), round(self.size[1] * jitter)
        fit_image(results['mixed_data_list'][0], self.img_scale)
        return super().apply_mix(results)


@TRANSFORMS.register_module()
class FilterPersons(BaseTransform):
    """Keeps persons with a labelled keypoint in the image, and regions to ignore.

    A person without one keeps its box, which the head ignores. These are crowd regions,
    people annotated without keypoints, and people whose keypoints, but not body, were moved
    out of the image by the augmentation.

    Args:
        min_ignored_size (float): Regions to ignore are dropped if narrower than this, in
            pixels. Defaults to 4.
    """

    def __init__(self, min_ignored_size: float = 4) -> None:
        self.min_ignored_size = min_ignored_size

    def transform(self, results: dict) -> dict:
        visible = results['keypoints_visible']
        if visible.ndim == 3:
            visible = visible[..., 0]
        size = (results['bbox'][:, 2:] - results['bbox'][:, :2]).min(axis=1, initial=np.inf)
        return keep_persons(results, (visible > 0).any(axis=1) |
                            (size > self.min_ignored_size))


@TRANSFORMS.register_module()
class PackPoseTargets(PackPoseInputs):
    """Packs image and persons as training targets, in pixels of the network input.

    ``gt_instance_labels`` receives ``bboxes`` (G, 4), ``labels`` (G, ), ``keypoints``
    (G, K, 2), ``keypoints_visible`` and ``keypoints_visible_weights`` (G, K) and
    ``areas`` (G, ). The weights are 0 for keypoints that the person's data set does not
    define, as MMPose's ``KeypointConverter`` marks them.
    """

    label_mapping_table = dict(
        bbox='bboxes',
        bbox_labels='labels',
        keypoints='keypoints',
        keypoints_visible='keypoints_visible',
        keypoints_visible_weights='keypoints_visible_weights',
        area='areas')
    instance_mapping_table = dict(bbox='bboxes', bbox_score='bbox_scores')

    def transform(self, results: dict) -> Optional[dict]:
        visible = results['keypoints_visible']
        if visible.ndim == 3:
            visible, weights = visible[..., 0], visible[..., 1]
        else:
            weights = np.ones_like(visible)
        results['keypoints_visible'] = visible.astype(np.float32)
        results['keypoints_visible_weights'] = weights.astype(np.float32)
        results['bbox_labels'] = np.zeros(len(visible), dtype=np.int64)
        for key in ('keypoints', 'bbox', 'area'):
            results[key] = results[key].astype(np.float32)
        return super().transform(results)


def fit_image(results: dict, size: Tuple[int, int]) -> None:
    """Scales an image and its persons to fit ``size`` (width, height), in place.

    The aspect ratio changes slightly, as sizes are rounded to whole pixels.
    """
    height, width = results['img'].shape[:2]
    scale = min(size[0] / width, size[1] / height)
    fitted = max(round(width * scale), 1), max(round(height * scale), 1)
    results['img'] = cv2.resize(results['img'], fitted, interpolation=cv2.INTER_LINEAR)
    factor = np.array([fitted[0] / width, fitted[1] / height])
    for key in ('keypoints', 'bbox'):
        shape = results[key].shape
        points = results[key].reshape(*shape[:-1], shape[-1] // 2, 2)
        points = (points + 0.5) * factor - 0.5  # resizing is relative to pixel corners
        results[key] = points.reshape(shape).astype(np.float32)
    results['area'] = (results['area'] * factor.prod()).astype(np.float32)


def _placeholder(results: dict) -> dict:
    """Fields of one person without extent and labels, in the shapes of the given ones."""
    return {key: np.zeros((1, *results[key].shape[1:]), results[key].dtype)
            for key in PER_PERSON if key in results}


def keep_persons(results: dict, keep: np.ndarray) -> dict:
    """Keeps the persons marked by ``keep`` (G, ) in all per-person fields."""
    for key in PER_PERSON:
        if key in results:
            results[key] = results[key][keep]
    return results
