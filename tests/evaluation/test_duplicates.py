"""The duplicate rate on scenes small enough to count by hand."""
import pytest
from xtcocotools.coco import COCO

from erpose.evaluation import duplicate_rate

SIGMAS = [0.05] * 3
POSE = [10.0, 10.0, 2.0, 50.0, 10.0, 2.0, 30.0, 60.0, 2.0]


def moved(dx):
    return [v + dx if i % 3 == 0 else v for i, v in enumerate(POSE)]


def rate(detections, use_area=True):
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
        dict(image_id=image, category_id=1, keypoints=moved(dx), score=score)
        for image, dx, score in detections
    ])
    return duplicate_rate(coco, results, SIGMAS, use_area)


@pytest.mark.parametrize('detections, expected', [
    ([(1, 0, .9), (1, 200, .8), (2, 0, .7)], 0),
    # one repeat above the last person found: 1 of 4 matched
    ([(1, 0, .9), (1, 1, .85), (1, 200, .8), (2, 0, .7)], 1 / 4),
    # the same repeat scored below everything lies past the best F1
    ([(1, 0, .9), (1, 1, .1), (1, 200, .8), (2, 0, .7)], 0),
    # the same pose in another image is another person
    ([(1, 0, .9), (2, 0, .9), (1, 200, .8)], 0),
    # far from everybody: a false positive, no duplicate
    ([(1, 0, .9), (1, 500, .85), (1, 200, .8), (2, 0, .7)], 0),
    # crowd regions are no persons
    ([(3, 0, .99), (3, 0, .98), (1, 0, .9), (1, 200, .8), (2, 0, .7)], 0),
    # nothing found
    ([(1, 500, .9)], 0),
])
@pytest.mark.parametrize('use_area', [True, False])
def test_duplicate_rate(detections, expected, use_area):
    assert rate(detections, use_area) == pytest.approx(expected)
