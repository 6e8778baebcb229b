import numpy as np
import pytest

from erpose.annotations.keypoint_boxes import AREA_PER_BOX, keypoint_boxes

# points (K = 3), labelled, box xyxy, width x height of the area: 8 pixels a side at least
CASES = {
    'all labelled': ([(2, 3), (12, 23), (5, 8)], [1, 1, 1], [2, 3, 12, 23], 10 * 20),
    'COCO flags: 1 is occluded, 2 visible':
    ([(2, 3), (12, 23), (5, 8)], [1, 2, 0], [2, 3, 12, 23], 10 * 20),
    'unlabelled outside does not count':
    ([(2, 3), (12, 23), (-99, 999)], [1, 1, 0], [2, 3, 12, 23], 10 * 20),
    'unlabelled at the origin does not count':  # how COCO stores them
    ([(0, 0), (12, 23), (2, 3)], [0, 1, 1], [2, 3, 12, 23], 10 * 20),
    'horizontal line': ([(0, 5), (10, 5), (4, 5)], [1, 1, 1], [0, 5, 10, 6], 10 * 8),
    'vertical line': ([(7, -5), (7, 5), (7, 0)], [1, 1, 1], [7, -5, 8, 5], 8 * 10),
    'single keypoint': ([(3, 4), (9, 9), (9, 9)], [1, 0, 0], [3, 4, 4, 5], 8 * 8),
    'closer than a pixel': ([(1, 1), (1.5, 1.2), (0, 0)], [1, 1, 0], [1, 1, 2, 2], 8 * 8),
    'none labelled': ([(3, 4), (5, 6), (7, 8)], [0, 0, 0], [0, 0, 0, 0], 0),
}


@pytest.mark.parametrize('points, labelled, box, size', CASES.values(), ids=CASES.keys())
def test_keypoint_boxes(points, labelled, box, size):
    boxes, areas = keypoint_boxes(np.array([points]), np.array([labelled]))
    np.testing.assert_allclose(boxes, [box])
    np.testing.assert_allclose(areas, [AREA_PER_BOX * size], rtol=1e-6)


def test_persons_do_not_mix():
    points, labelled, box, size = zip(*CASES.values())
    boxes, areas = keypoint_boxes(np.array(points, np.float32), np.array(labelled))
    np.testing.assert_allclose(boxes, box)
    np.testing.assert_allclose(areas, AREA_PER_BOX * np.array(size), rtol=1e-6)
    assert boxes.dtype == areas.dtype == np.float32


def test_no_persons():
    boxes, areas = keypoint_boxes(np.zeros((0, 3, 2)), np.zeros((0, 3)))
    assert boxes.shape == (0, 4) and areas.shape == (0, )
