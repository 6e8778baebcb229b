"""`mim test` finds the same people for any batch size. Long form: `make parity`."""
import json
import shutil

import numpy as np
import pytest
import torch
from testing import run_test

from erpose import zoo
from erpose.datasets.synthetic import generate

SIZES = [(256, 256), (200, 260), (300, 180)]
CONFIG = 'configs/erpose/erpose-n_1xb16-30e_synthetic-320x320.py'
PIXELS, SCORE, ABOVE = 0.01, 1e-5, 0.01
VISIBILITY = 5e-5  # of these people, float32's are up to 2e-5 from float64's


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """Nine images of three shapes, next to each other."""
    root = tmp_path_factory.mktemp('data')
    joined = dict(images=[], annotations=[])
    (root / 'images').mkdir()
    for number, size in enumerate(SIZES):
        part = generate(root / str(number), 3, seed=number, image_size=size, persons=(0, 4))
        joined['categories'] = part['categories']
        for image in part['images']:
            name = f'{number}_{image["file_name"]}'
            shutil.copy(root / str(number) / 'images' / image['file_name'],
                        root / 'images' / name)
            joined['images'].append(dict(image, id=10 * image['id'] + number,
                                         file_name=name))
        for ann in part['annotations']:
            joined['annotations'].append(dict(
                ann, id=10 * ann['id'] + number, image_id=10 * ann['image_id'] + number))
    joined['images'].sort(key=lambda image: image['id'])
    (root / 'annotations.json').write_text(json.dumps(joined))
    return root


@pytest.fixture(scope='module')
def reference(data, tmp_path_factory, shipped):
    tested = run_test(CONFIG, zoo.root() / shipped['Weights'], data,
                      tmp_path_factory.mktemp('one'), batch_size=1)
    assert 0.05 < tested.metrics['coco/AP'] < 0.95
    assert sum((scores > ABOVE).sum() for *_, scores in tested.people.values()) > 20
    return tested


def same(tested, reference):
    assert tested.metrics == reference.metrics
    assert set(tested.people) == set(reference.people)
    for image, people in tested.people.items():
        for one, other in ((people, reference.people[image]),
                           (reference.people[image], people)):
            for keypoints, visibilities, score in zip(*one):
                if score <= ABOVE:  # ties among scores near 0
                    continue
                apart = np.abs(other[0] - keypoints).max((-1, -2))
                twin = apart.argmin()
                assert apart[twin] <= PIXELS
                assert abs(other[2][twin] - score) <= SCORE
                assert np.abs(other[1][twin] - visibilities).max() <= VISIBILITY


@pytest.mark.parametrize('options', [
    dict(batch_size=4),
    dict(batch_size=3, num_workers=2,
         sampler=dict(type='DefaultSampler', shuffle=True, seed=7)),
    pytest.param(dict(batch_size=9), marks=pytest.mark.slow),
    pytest.param(dict(batch_size=1, num_workers=4), marks=pytest.mark.slow),
    *(pytest.param(dict(batch_size=b, num_workers=w, sampler=dict(
        type='DefaultSampler', shuffle=True, seed=s)), marks=pytest.mark.slow)
      for b in (1, 5, 7) for w in (0, 2) for s in (1, 2)),
], ids=str)
def test_batches_workers_and_order(options, data, tmp_path, shipped, reference):
    same(run_test(CONFIG, zoo.root() / shipped['Weights'], data, tmp_path, **options),
         reference)


@pytest.mark.parametrize('threads', [2, pytest.param(4, marks=pytest.mark.slow)])
def test_threads(threads, data, tmp_path, shipped, reference):
    torch.set_num_threads(threads)
    try:
        same(run_test(CONFIG, zoo.root() / shipped['Weights'], data, tmp_path,
                      batch_size=2), reference)
    finally:
        torch.set_num_threads(1)
