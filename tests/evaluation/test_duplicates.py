"""The duplicate rate on scenes small enough to count by hand."""
import pytest
from xtcocotools.coco import COCO

from erpose.evaluation import duplicate_rates

SIGMAS = [0.05] * 3
POSE = [10.0, 10.0, 2.0, 50.0, 10.0, 2.0, 30.0, 60.0, 2.0]


FLIP = [1, 0, 2]


def moved(dx, flip=False):
    points = [POSE[3 * k:3 * k + 3] for k in (FLIP if flip else range(3))]
    return [v for x, y, seen in points for v in (x + dx, y, seen)]


def rates(detections, use_area=True):
    """Two persons in image 1 (at 0 and at 200), one in image 2, a crowd in image 3."""
    anns = [
        dict(id=i, image_id=image, category_id=1, keypoints=moved(dx), num_keypoints=3,
             area=2000.0, bbox=[10 + dx, 10, 40, 50], iscrowd=crowd)
        for i, (image, dx, crowd) in enumerate(
            [(1, 0, 0), (1, 200, 0), (2, 0, 0), (3, 0, 1)], start=1)
    ]
    coco = COCO()
    coco.dataset = dict(images=[dict(id=i) for i in (1, 2, 3)], annotations=anns,
                        categories=[dict(id=1, name='person')])
    coco.createIndex()
    results = coco.loadRes([
        dict(image_id=image, category_id=1, keypoints=moved(dx, bool(flip)), score=score)
        for image, dx, score, *flip in detections
    ])
    return duplicate_rates(coco, results, SIGMAS, FLIP, use_area)


@pytest.mark.parametrize('detections, expected', [
    ([(1, 0, .9), (1, 200, .8), (2, 0, .7)], 0),
    # one repeat above the last person found: 1 of 4 matched
    ([(1, 0, .9), (1, 1, .85), (1, 200, .8), (2, 0, .7)], 1 / 4),
    # the same repeat scored below everything lies past the best F1
    ([(1, 0, .9), (1, 1, .1), (1, 200, .8), (2, 0, .7)], 0),
    # the same person the other way round is the same person
    ([(1, 0, .9), (1, 0, .85, 'flipped'), (1, 200, .8), (2, 0, .7)], 1 / 4),
    # found the other way round alone: found once
    ([(1, 0, .9, 'flipped'), (1, 200, .8), (2, 0, .7)], 0),
    # the same pose in another image is another person
    ([(1, 0, .9), (2, 0, .9), (1, 200, .8)], 0),
    # far from everybody: a false positive, not a duplicate
    ([(1, 0, .9), (1, 500, .85), (1, 200, .8), (2, 0, .7)], 0),
    # crowd regions are not persons
    ([(3, 0, .99), (3, 0, .98), (1, 0, .9), (1, 200, .8), (2, 0, .7)], 0),
    # nothing found
    ([(1, 500, .9)], 0),
])
@pytest.mark.parametrize('use_area', [True, False])
def test_at_best_f1(detections, expected, use_area):
    assert rates(detections, use_area).at_best_f1 == pytest.approx(expected)


@pytest.mark.parametrize('detections, expected', [
    ([(1, 0, .9), (1, 1, .31), (1, 200, .8)], 1 / 3),
    ([(1, 0, .9), (1, 1, .3), (1, 200, .8)], 0),  # only higher scores are shown
    ([(1, 0, .2), (1, 1, .1)], 0),  # nobody is shown
])
def test_deployed(detections, expected):
    assert rates(detections).deployed == pytest.approx(expected)
