import time

import numpy as np
import pytest

from erpose.deploy.benchmark import Subject, measure, onnx_subject, report

IMAGES = [np.zeros((48, 64, 3), np.uint8)] * 4


def sleeper(name, seconds):
    return Subject(name, list, lambda x: time.sleep(seconds), lambda x: None)


def test_ratio_and_stages():
    results = measure([sleeper('a', 0.004), sleeper('b', 0.016)], IMAGES, rounds=2)
    assert results['a']['ratio'] == 1
    assert 2 < results['b']['ratio'] < 6
    assert 16 <= results['b']['forward']['median'] <= results['b']['total']['median']
    assert results['b']['before']['median'] < 4
    low, high = results['b']['total']['low'], results['b']['total']['high']
    assert low <= results['b']['total']['median'] <= high


def test_batches():
    seen = []
    subject = Subject('a', lambda images: seen.append(len(images)), bool, bool)
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
