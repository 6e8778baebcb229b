import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from erpose_bench.speed.benchmark import (
    Subject,
    crowd,
    measure,
    onnx_subject,
    plot_crowds,
    report,
)
from erpose_bench.speed.profile import profile
from erpose_bench.speed.profile import report as profile_report

IMAGES = [np.zeros((48, 64, 3), np.uint8)] * 4
PAIR = [SimpleNamespace(scores=[1, 1])]


def sleeper(name, seconds):
    return Subject(name, list, lambda x: time.sleep(seconds), lambda x: PAIR)


def test_ratio_and_stages():
    results = measure([sleeper('a', 0.004), sleeper('b', 0.016)], IMAGES, rounds=2)
    assert results['a']['ratio'] == 1
    assert 2 < results['b']['ratio'] < 6
    assert 16 <= results['b']['forward']['median'] <= results['b']['total']['median']
    assert results['b']['before']['median'] < 4
    low, high = results['b']['total']['low'], results['b']['total']['high']
    assert low <= results['b']['total']['median'] <= high
    assert results['a']['people'] == 2


def test_batches():
    seen = []
    subject = Subject('a', lambda images: seen.append(len(images)), bool,
                      lambda x: PAIR)
    measure([subject], IMAGES, rounds=1, batch=2)
    assert seen == [2] * 4  # two batches, one round and the warm-up
    with pytest.raises(ValueError, match='4 images do not fill a batch of 5'):
        measure([subject], IMAGES, batch=5)
    with pytest.raises(ValueError, match='one name'):
        measure([subject, subject], IMAGES)


def test_onnx_file(fixed_file):
    results = measure([onnx_subject(str(fixed_file), threads=1)], IMAGES[:1], rounds=1)
    name, row = next(iter(results.items()))
    assert name == 'fixed.onnx, CPUExecutionProvider' and row['forward']['median'] > 0
    assert report(results).count('\n') == 2


@pytest.mark.parametrize('count', [1, 2, 4, 7])
def test_a_crowd_has_so_many_portraits_and_no_more(count):
    portraits = [np.full((30, 30, 3), value, np.uint8) for value in (1, 2)]
    scene = crowd(portraits, count, (120, 120))
    side = int(np.ceil(np.sqrt(count)))
    tiles = scene.reshape(side, 120 // side, side, 120 // side, 3)
    shown = [int(np.median(tiles[i // side, :, i % side])) for i in range(side**2)]
    assert shown == ([1, 2] * count)[:count] + [114] * (side**2 - count)


def test_too_large_a_crowd():
    with pytest.raises(ValueError, match='300 people do not fit into 64x64'):
        crowd(IMAGES, 300, (64, 64))


def test_plot_against_people(tmp_path):
    results = {count: measure([sleeper('a', 0)], IMAGES, rounds=1) for count in (1, 10)}
    plot_crowds(results, tmp_path / 'people.png')
    assert (tmp_path / 'people.png').stat().st_size > 5000


def test_profile_names_the_parts_of_the_model(fixed_file):
    layers = profile(fixed_file, (160, 128), rounds=2)
    assert layers == sorted(layers, key=lambda layer: -layer.milliseconds)
    names = {layer.name for layer in layers if layer.kind == 'Conv'}
    assert any(name.startswith('backbone.stem.0') for name in names)
    assert any(name.startswith('head.pose_branch.outputs.2') for name in names)
    text = profile_report(layers)
    assert '| head.pose_branch ' in text and '| Conv ' in text


def test_a_foreign_file_is_timed_without_its_people(tmp_path):
    path = tmp_path / 'foreign.onnx'
    torch.onnx.export(torch.nn.Conv2d(3, 1, 1), (torch.zeros(1, 3, 32, 32), ), str(path),
                      input_names=['picture'], dynamo=True, verbose=False)
    results = measure([onnx_subject(path, 1)], IMAGES, rounds=1)
    row, = results.values()
    assert row['people'] == 0 and row['forward']['median'] > 0
    assert 'foreign.onnx, network alone' in report(results)
