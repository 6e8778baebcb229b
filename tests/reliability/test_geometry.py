"""Keypoints move with the pixels, and map back. Long form: `make parity`."""
import json

import cv2
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mmcv.transforms import Compose
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, MODELS, TRANSFORMS

from erpose import zoo
from erpose.datasets.transforms import fit_image
from erpose.models.decoders import decode_poses
from erpose.structures import collect_targets, point_priors

TOLERANCE = 0.01  # pixels
# cv2.warpAffine samples at multiples of 1/32 pixel, so it is off by up to 1/64.
OPENCV = 1 / 64

CONFIG = Config.fromfile(
    zoo.root() / 'configs/erpose/erpose-n_1xb16-30e_synthetic-320x320.py')
META = parse_pose_metainfo(CONFIG.metainfo)
K, SWAPPED = META['num_keypoints'], META['flip_indices']

EXAMPLES = settings.default.max_examples // 4
sides = st.integers(24, 150)
inputs = st.tuples(st.integers(2, 5), st.integers(2, 5)).map(
    lambda size: (32 * size[0], 32 * size[1]))
seeds = st.integers(0, 2**32 - 1)


def people(seed, width, height):
    """Up to four people with keypoints all over the image, some unlabelled."""
    rng = np.random.default_rng(seed)
    count = rng.integers(1, 5)
    keypoints = rng.uniform(0, [width - 1, height - 1], (count, K, 2)).astype(np.float32)
    return keypoints, (rng.random((count, K)) < 0.8).astype(np.float32)


def place_image(width, height):
    """An image whose pixels hold their position: x, y, and 1 (inside)."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([x, y, np.ones_like(x)], -1)


def sample(seed, width, height):
    keypoints, visible = people(seed, width, height)
    return dict(
        img=place_image(width, height), img_shape=(height, width),
        ori_shape=(height, width), flip_indices=SWAPPED, keypoints=keypoints.copy(),
        keypoints_visible=visible.copy(), bbox_score=np.ones(len(keypoints)),
        category_id=np.ones(len(keypoints)), area=np.full(len(keypoints), 100, np.float32),
        bbox=np.concatenate([keypoints.min(1), keypoints.max(1)], 1))


def origin(img):
    """Fits the map from a transformed image to its source: x, y -> x, y.

    The affine map is fitted to all pixels that lie wholly inside the source; None if these
    are too few. It returns positions and their tolerance: each pixel has OpenCV's error,
    and extrapolated positions are sums of pixels with large weights.
    """
    y, x = np.nonzero(np.abs(img[..., 2] - 1) < 1e-5)
    if len(x) < 64 or np.ptp(x) < 8 or np.ptp(y) < 8:
        return None
    weights = np.linalg.pinv(np.stack([x, y, np.ones(len(x))], -1).astype(np.float64))
    pixels = img[y, x, :2].astype(np.float64)

    def source(points):
        share = np.concatenate([points, np.ones_like(points[..., :1])], -1) @ weights
        return share @ pixels, OPENCV * np.abs(share).sum(-1, keepdims=True) + 0.001

    return source


@pytest.mark.parametrize('base', ['synthetic_320', 'coco_512', 'coco_800'])
def test_training_moves_keypoints_with_the_pixels(base):
    """Annotation -> transform -> target -> decode; the pixels there hold their source."""
    config = Config.fromfile(zoo.root() / f'configs/_base_/datasets/{base}.py')
    affine, flip = [step for step in config.closing_pipeline if step['type'] in (
        'BottomupRandomAffine', 'PoseRandomFlip')]

    @settings(deadline=None, max_examples=EXAMPLES)
    @example(28, 24, (64, 64), 137)  # 0.0204 pixels off, far from the fitted pixels
    @given(sides, sides, inputs, seeds)
    def holds(width, height, input_size, seed):
        before = sample(seed, width, height)
        annotated, visible = before['keypoints'].copy(), before['keypoints_visible'].copy()
        np.random.seed(seed)
        moved = Compose([dict(affine, input_size=input_size), flip])(before)
        source, flipped = origin(moved['img']), moved['flip']
        packed = TRANSFORMS.build(dict(type='PackPoseTargets'))(moved)['data_samples']
        targets = collect_targets([packed], K)
        if source is None:
            return
        order = SWAPPED if flipped else range(K)
        labelled = packed.gt_instance_labels.keypoints_visible.numpy()
        places = packed.gt_instance_labels.keypoints.double().numpy()
        width_in, height_in = input_size
        outside = ((places < 0) | (places > [width_in, height_in])).any(-1)
        if not flipped:  # a flip is after the clipping: [0, w] becomes [-1, w - 1]
            assert (labelled == visible * ~outside).all()
        expected, bound = source(places)
        error = np.abs(expected - annotated[:, order])
        assert (error <= bound)[labelled > 0].all()

        kept = labelled.any(1)
        assert targets.valid.sum() == kept.sum()
        for g in range(int(kept.sum())):
            priors = point_priors(
                [(height_in // s, width_in // s) for s in (8, 16, 32)], (8, 16, 32))
            goal = targets.keypoints[0, g]
            offsets = (goal - priors.points[:, None]) / priors.strides[:, None, None]
            decoded = decode_poses(offsets.flatten(1), priors.points, priors.strides)
            assert (decoded - goal).abs().max() <= TOLERANCE

    holds()


def test_mosaic_moves_keypoints_with_the_pixels():

    @settings(deadline=None, max_examples=EXAMPLES)
    @given(inputs, st.lists(st.tuples(sides, sides), min_size=4, max_size=4), seeds)
    def holds(tile, sizes, seed):
        images = [sample(seed + i, *size) for i, size in enumerate(sizes)]
        annotated = np.concatenate([image['keypoints'] for image in images])
        owner = np.repeat(range(4), [len(image['keypoints']) for image in images])
        for i, image in enumerate(images):
            image['img'][..., 2] = i + 1
        np.random.seed(seed)
        mixed = TRANSFORMS.build(dict(type='PoseMosaic', img_scale=tile)).apply_mix(
            dict(images[0], mixed_data_list=images[1:]))
        for i, size in enumerate(sizes):
            mark = np.abs(mixed['img'][..., 2:] - i - 1) < 1e-5
            place = mixed['img'][..., :2]  # which cv2.resize repeats at the border
            mark = mark[..., 0] & ((place > 0.01) & (place < np.array(size) - 1.01)).all(-1)
            source = origin(np.concatenate([place, mark[..., None]], -1))
            seen = mixed['keypoints_visible'][owner == i] > 0
            if source is None or not seen.any():
                continue
            places = mixed['keypoints'][owner == i].astype(np.float64)
            error = np.abs(source(places)[0] - annotated[owner == i])[seen]
            assert error.max() <= TOLERANCE

    holds()


def test_mixup_moves_keypoints_with_the_pixels():

    @settings(deadline=None, max_examples=EXAMPLES)
    @given(inputs, sides, sides, seeds)
    def holds(size, width, height, seed):
        rng = np.random.default_rng(seed)
        under = dict(sample(seed, *size), img=np.zeros((*size[::-1], 3), np.uint8))
        over = sample(seed + 1, width, height)
        over['img'] = rng.integers(0, 256, (height, width, 3), np.uint8)
        mixup = TRANSFORMS.build(dict(type='PoseMixUp', img_scale=size, pad_val=0,
                                      ratio_range=(0.8, 1.6), flip_ratio=0.5))
        expected = dict(over)
        np.random.seed(seed)
        mixed = mixup.apply_mix(dict(under, mixed_data_list=[over]))
        fit_image(expected, mixup.img_scale)
        canvas = np.zeros((*mixup.img_scale[::-1], 3), np.uint8)
        canvas[:expected['img'].shape[0], :expected['img'].shape[1]] = expected['img']
        points, moved = expected['keypoints'], mixed['keypoints'][len(under['keypoints']):]
        for mirrored in (False, True):
            if mirrored:
                canvas, points = canvas[:, ::-1], points[:, SWAPPED].copy()
                points[..., 0] = canvas.shape[1] - 1 - points[..., 0]
            shift = (points - moved).reshape(-1, 2)
            if np.ptp(shift, axis=0).max() < TOLERANCE:
                break
        dx, dy = np.round(shift[0]).astype(int)
        assert np.abs(shift - [dx, dy]).max() < TOLERANCE
        part = canvas[dy:dy + size[1], dx:dx + size[0]]
        shown = mixed['img'][:part.shape[0], :part.shape[1]]
        assert (shown == part // 2).all()
        in_view.append(part.any())  # a narrow image may lie beside the crop

    in_view = []
    holds()
    assert any(in_view)


class Oracle:
    """Replaces the network: outputs the true people in each view.

    The position of the image in a view of W x H is computed here independently: fitted,
    centred, and, in mirrored views, mirrored about the middle of first and last pixel.
    """

    def __init__(self, kind):
        config = Config.fromfile(next((zoo.root() / 'configs' / kind).glob('*synthetic*')))
        self.model = MODELS.build(config.model).eval()
        self.model.extract_feat, self.model.head.forward = self.look, self.say
        self.model.head.decoder.max_per_img = 20  # of 100 or more, nearly all at 0
        self.strides, self.kind = self.model.head.strides, kind

    def __call__(self, keypoints, image_size, inputs, samples, **test_cfg):
        self.keypoints, self.size = keypoints.astype(np.float64), np.array(image_size)
        self.model.test_cfg = dict(score_thr=0.001, **test_cfg)
        return self.model.predict(inputs, samples)[0].pred_instances

    def in_view(self, view_size, mirrored):
        view = np.array(view_size)
        points = (self.keypoints - self.size / 2) * (view / self.size).min() + view / 2
        if mirrored:
            points = points[:, SWAPPED]
            points[..., 0] = view[0] - 1 - points[..., 0]
        return points

    def look(self, inputs):
        view = inputs[0].permute(1, 2, 0).numpy()
        mirrored = bool(view[view.shape[0] // 2, :, 0].argmax() < view.shape[1] / 2)
        source = origin(view)
        if source is not None:
            order = SWAPPED if mirrored else range(K)
            points = self.in_view(view.shape[1::-1], mirrored)
            error = np.abs(source(points)[0] - self.keypoints[:, order])
            assert error.max() <= OPENCV + 0.001
        return tuple(torch.full((1, 1, view.shape[0] // s, view.shape[1] // s),
                                float(mirrored)) for s in self.strides)

    def say(self, feats):
        """Puts person g on the g-th of as many priors, which are spread over the levels.

        Without heatmaps, which would move the keypoints.
        """
        shapes = [feat.shape[-2:] for feat in feats]
        priors = point_priors(shapes, self.strides)
        count = len(priors.points)
        size = shapes[0][1] * self.strides[0], shapes[0][0] * self.strides[0]
        goals = torch.from_numpy(self.in_view(size, bool(feats[0].any())))
        here = torch.arange(len(goals)) * (count // len(goals))
        if self.kind == 'erpose' and feats[0].any():  # the same priors, mirrored
            there = priors.points[here]
            there[:, 0] = size[0] - there[:, 0]
            same = priors.strides[here, None] == priors.strides
            here = (torch.cdist(there, priors.points) + 99 * ~same).argmin(1)
        logits, offsets = torch.full((1, count, 1), -99.), torch.zeros(1, count, 2 * K)
        logits[0, here, 0] = 3.
        offsets[0, here] = ((goals - priors.points[here, None])
                            / priors.strides[here, None, None]).flatten(1).float()
        visible = torch.zeros(1, count, K)
        maps = ([logits, torch.cat([offsets, visible], -1)]
                if self.kind == 'erpose' else [logits.sigmoid(), offsets])
        maps = [[level.transpose(1, 2).reshape(1, -1, *shape) for level, shape in
                 zip(values.split([h * w for h, w in shapes], 1), shapes)]
                for values in maps]
        return [*maps, []] if self.kind == 'erpose' else maps


@pytest.mark.parametrize('kind, mode, test_cfg', [
    ('erpose', 'fit', {}), ('erpose', 'expand', {}), ('erpose', 'fit', dict(
        oks_nms=True)), ('erpose', 'fit', dict(flip_test=True)), ('posedet', 'expand', {}),
    ('posedet', 'expand', dict(flip_test=True)), ('posedet', 'fit', dict(
        multiscale_test=True)), ('smpr', 'fit', dict(flip_test=True, multiscale_test=True)),
], ids=str)
def test_testing_finds_people_where_they_are_annotated(kind, mode, test_cfg):
    """Annotation -> view -> network's output -> decode -> image."""
    oracle = Oracle(kind)

    @settings(deadline=None, max_examples=EXAMPLES)
    @given(sides, sides, inputs, seeds)
    def holds(width, height, input_size, seed):
        keypoints, _ = people(seed, width, height)
        resize, pack = CONFIG.val_pipeline[1:]
        scales = None
        if test_cfg.get('multiscale_test'):
            scales, input_size = [0.5, 1.5], tuple(2 * side for side in input_size)
        data = TRANSFORMS.build(dict(resize, input_size=input_size, aug_scales=scales,
                                     pad_val=(0, 0, 0), resize_mode=mode))(
            dict(sample(seed, width, height), instance_mapping_table={}))
        images = data['img'] if scales else [data['img']]
        views = [torch.from_numpy(image).permute(2, 0, 1)[None] for image in images]
        data['img'] = images[0]
        packed = TRANSFORMS.build(
            dict(pack, meta_keys=(*pack['meta_keys'], 'aug_scales')))(data)
        # the people span the image and share one centre, where the peaks keep only one
        alone = kind == 'erpose' and not test_cfg.get('oks_nms')
        for scene in keypoints[:, None] if alone else [keypoints]:
            found = oracle(scene, (width, height), views if scales else views[0],
                           [packed['data_samples']], **test_cfg)
            error = np.abs(found.keypoints[:, None] - scene).max((-1, -2))
            assert error.min(0).max() <= TOLERANCE, 'somebody is not found'
            assert error.min(1).max() <= TOLERANCE, 'somebody is where nobody is'

    holds()


def test_annotation_files_keep_keypoints(tmp_path):
    """JSON -> data set -> first step of a pipeline."""
    keypoints, visible = people(0, 150, 100)
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((100, 150, 3), np.uint8))
    annotations = [
        dict(id=g, image_id=1, num_keypoints=int(v.sum()), keypoints=np.concatenate(
            [k, 2 * v[:, None]], 1).astype(float).ravel().tolist())
        for g, (k, v) in enumerate(zip(keypoints, visible))]
    (tmp_path / 'a.json').write_text(json.dumps(dict(
        images=[dict(id=1, file_name='1.png')], annotations=annotations)))
    data = DATASETS.build(dict(
        type='KeypointDataset', metainfo=CONFIG.metainfo, ann_file=str(tmp_path / 'a.json'),
        data_prefix=dict(img=str(tmp_path)), pipeline=[dict(type='LoadTrainImage')]))
    seen = visible > 0  # unlabelled keypoints have no position
    assert (data[0]['keypoints'][seen] == keypoints[seen]).all()
    assert (data[0]['keypoints_visible'] == visible).all()
