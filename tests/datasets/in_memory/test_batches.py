"""Batches from memory: keypoints stay on their pixels, targets equal the pipeline's."""
import json

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from erpose import zoo
from erpose.datasets.in_memory.batches import InMemoryBatches
from erpose.datasets.synthetic import generate

K = 17
COCO = dict(from_file='configs/_base_/datasets/coco.py')


@pytest.fixture
def dots(tmp_path):
    """Images whose only labelled keypoint, the left wrist, is a white dot."""
    (tmp_path / 'images').mkdir()
    images, annotations = [], []
    for i, (x, y) in enumerate([(30, 20), (60, 50), (45, 35), (20, 60)], 1):
        image = np.zeros((80, 100, 3), np.uint8)
        cv2.circle(image, (x, y), 4, (255, 255, 255), -1)
        cv2.imwrite(str(tmp_path / f'images/{i}.png'), image)
        images.append(dict(id=i, file_name=f'{i}.png', width=100, height=80))
        keypoints = np.zeros((K, 3))
        keypoints[9] = x, y, 2
        annotations.append(dict(id=i, image_id=i, category_id=1, iscrowd=0,
                                keypoints=keypoints.ravel().tolist(), num_keypoints=1,
                                bbox=[x - 8, y - 8, 16, 16], area=256))
    (tmp_path / 'dots.json').write_text(json.dumps(dict(
        images=images, annotations=annotations, categories=[dict(id=1, name='person')])))
    return dict(type='KeypointDataset', metainfo=COCO, data_root=f'{tmp_path}/',
                ann_file='dots.json', data_prefix=dict(img='images/'),
                pipeline=[dict(type='LoadTrainImage')])


@pytest.mark.parametrize('mosaic', [0.0, 1.0])
def test_keypoints_stay_on_their_pixels(dots, mosaic):
    torch.manual_seed(0)
    batches = InMemoryBatches(dots, 16, (96, 64), side=100, mosaic=mosaic, rotate=20,
                              device='cpu')
    found = 0
    for _ in range(3):
        batch = batches[0]
        assert batch['inputs'].shape == (16, 3, 64, 96)
        for image, sample in zip(batch['inputs'], batch['data_samples']):
            labels = sample.gt_instance_labels
            for keypoints, seen in zip(labels.keypoints, labels.keypoints_visible):
                assert not (seen[:9].any() or seen[11:].any())  # wrists alone
                for x, y in keypoints[seen > 0].tolist():
                    if 6 < x < 90 and 6 < y < 58:
                        patch = image.mean(0)[round(y) - 1:round(y) + 2,
                                              round(x) - 1:round(x) + 2]
                        assert patch.mean() > 180
                        found += 1
    assert found > 20


def test_a_dot_is_where_its_keypoint_is_to_a_fraction_of_a_pixel(dots):
    torch.manual_seed(0)
    batches = InMemoryBatches(dots, 32, (96, 64), side=100, mosaic=0, device='cpu')
    images, samples = batches._single(32)
    offsets = []
    ys, xs = torch.meshgrid(torch.arange(64.), torch.arange(96.), indexing='ij')
    for image, sample in zip(images, samples):
        labels = sample.gt_instance_labels
        if not (labels.keypoints_visible > 0).any():
            continue
        place = labels.keypoints[labels.keypoints_visible > 0][0]
        heat = (image.mean(0) - 114).clamp(min=0)
        if 12 < place[0] < 84 and 12 < place[1] < 52:
            centre = torch.stack([(heat * xs).sum(), (heat * ys).sum()]) / heat.sum()
            offsets.append((centre - place).tolist())
    assert len(offsets) > 8
    assert np.abs(np.mean(offsets, 0)).max() < 0.1 and np.abs(offsets).max() < 0.5


def test_flips_exchange_sides(dots):
    torch.manual_seed(0)
    batches = InMemoryBatches(dots, 64, (96, 64), side=100, mosaic=0, device='cpu')
    seen = torch.stack([sample.gt_instance_labels.keypoints_visible.sum(0)
                        for sample in batches[0]['data_samples']]).sum(0)
    assert seen[9] > 10 and seen[10] > 10 and seen.sum() == seen[9] + seen[10]


def test_shares_of_combined_data_sets_are_kept(dots):
    other = dict(dots, metainfo=COCO)
    combined = dict(type='CombinedDataset', metainfo=COCO, datasets=[dots, other],
                    sample_ratio_factor=[3.0, 0.5])
    batches = InMemoryBatches(combined, 2, (64, 64), side=100, device='cpu')
    assert batches.shares.tolist() == [12, 2] and len(batches) == 7
    assert len(batches.stores) == 2 and len(batches.stores[0]) == 4


def test_a_training_from_memory(tmp_path):
    """Two steps of the real config and a checkpoint, by MMEngine's runner."""
    generate(tmp_path / 'crowd', 4, seed=0, image_size=(96, 96), persons=(2, 3))
    config = Config.fromfile(
        zoo.root() / 'configs/erpose/erpose-n_1xb16-30e_synthetic-320x320.py')
    part = dict(type='KeypointDataset', metainfo=COCO, data_root=f'{tmp_path}/crowd/',
                ann_file='annotations.json', data_prefix=dict(img='images/'),
                pipeline=[dict(type='LoadTrainImage')])
    config.train_dataloader = dict(
        batch_size=1, num_workers=0, collate_fn=dict(type='first'),
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(type='InMemoryBatches', batch_size=2, input_size=(96, 96), side=96,
                     dataset=part, device='cpu'))
    config.val_dataloader = config.val_evaluator = config.val_cfg = None
    config.merge_from_dict(dict(
        work_dir=str(tmp_path / 'work'), train_cfg=dict(max_epochs=1),
        custom_hooks=[], experiment_name='memory'))
    config.default_hooks.checkpoint.save_best = None
    Runner.from_cfg(config).train()
    assert (tmp_path / 'work/epoch_1.pth').is_file()


def test_registered():
    assert DATASETS.get('InMemoryBatches') is InMemoryBatches
