import numpy as np
import pytest
import torch
from mmpose.evaluation.functional import nms_torch

from erpose.deploy.suppress import suppress
from erpose.imaging.people import People
from erpose.models.decoders import oks_nms, soft_oks_nms


def people(boxes, scores):
    count = len(boxes)
    return People(np.zeros((count, 17, 2), np.float32), np.zeros((count, 17), np.float32),
                  scores, boxes)


def test_box_nms_equals_that_of_mmpose():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 60, (200, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(10, 40, (200, 2))], 1)
    boxes = boxes.astype(np.float32)
    scores = np.sort(rng.uniform(0, 1, 200).astype(np.float32))[::-1].copy()
    expected = nms_torch(torch.from_numpy(boxes), torch.from_numpy(scores), 0.5).numpy()
    kept = suppress(people(boxes, scores), dict(kind='box', threshold=0.5), [])
    assert 10 < len(expected) < 190
    np.testing.assert_array_equal(kept.scores, scores[expected])
    np.testing.assert_array_equal(kept.boxes, boxes[expected])


@pytest.mark.parametrize('soft', [False, True])
def test_oks_nms_equals_that_of_the_decoder(soft):
    rng = np.random.default_rng(0)
    poses = rng.uniform(0, 50, (6, 17, 2)).repeat(5, 0) + rng.normal(0, 4, (30, 17, 2))
    scores = np.linspace(0.9, 0.1, 30).astype(np.float32)
    sigmas = rng.uniform(0.03, 0.1, 17).astype(np.float32)
    everyone = People(poses.astype(np.float32), np.ones((30, 17), np.float32), scores,
                      np.zeros((30, 4), np.float32))
    kept = suppress(everyone, dict(kind='oks', threshold=0.6, soft=soft), sigmas)
    keypoints = torch.from_numpy(everyone.keypoints)
    if soft:
        lowered = soft_oks_nms(keypoints, torch.from_numpy(scores),
                               torch.from_numpy(sigmas), 0.6)
        expected, order = lowered.sort(descending=True)
        np.testing.assert_allclose(kept.scores, expected, atol=1e-5)
        np.testing.assert_array_equal(kept.keypoints, everyone.keypoints[order])
    else:
        left = oks_nms(keypoints, torch.from_numpy(sigmas), 0.6).numpy()
        assert 5 < left.sum() < 30
        np.testing.assert_array_equal(kept.scores, scores[left])


@pytest.mark.parametrize('kind', ['box', 'oks'])
def test_nobody(kind):
    nobody = people(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    assert len(suppress(nobody, dict(kind=kind, threshold=0.5), [0.1]).scores) == 0
