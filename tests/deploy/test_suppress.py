import numpy as np
import torch
from mmpose.evaluation.functional import nms_torch

from erpose.deploy.people import People
from erpose.deploy.suppress import box_nms


def people(boxes, scores):
    count = len(boxes)
    return People(np.zeros((count, 17, 2), np.float32), np.zeros((count, 17), np.float32),
                  scores, boxes)


def test_equals_that_of_mmpose():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 60, (200, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(10, 40, (200, 2))], 1)
    boxes = boxes.astype(np.float32)
    scores = np.sort(rng.uniform(0, 1, 200).astype(np.float32))[::-1].copy()
    expected = nms_torch(torch.from_numpy(boxes), torch.from_numpy(scores), 0.5).numpy()
    kept = box_nms(people(boxes, scores), 0.5)
    assert 10 < len(expected) < 190
    np.testing.assert_array_equal(kept.scores, scores[expected])
    np.testing.assert_array_equal(kept.boxes, boxes[expected])


def test_nobody():
    nobody = people(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    assert len(box_nms(nobody, 0.5).scores) == 0
