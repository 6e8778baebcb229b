import numpy as np
import pytest

from erpose.imaging.people import People


@pytest.fixture
def people():
    return People(np.array([[[1, 2], [5, 9]], [[0, 0], [3, 3]]], np.float32),
                  np.array([[0.25, 0.75], [1, 1]], np.float32),
                  np.array([0.9, 0.3], np.float32),
                  np.array([[1, 2, 5, 9], [0, 0, 3, 3]], np.float32))


def test_above(people):
    assert people.above(0.3).scores.tolist() == pytest.approx([0.9])
    assert len(people.above(0.95).keypoints) == 0


@pytest.mark.parametrize('index, scores', [
    (np.array([False, True]), [0.3]), ([1, 0], [0.3, 0.9]), (slice(1), [0.9]), (-1, [0.3]),
    (np.int64(0), [0.9]), (np.zeros(2, bool), [])])
def test_people_are_chosen(people, index, scores):
    people = people.replace(ids=np.array([7, 8]))
    some = people[index]
    assert len(some) == len(some.keypoints) == len(some.boxes) == len(some.ids)
    assert some.scores.tolist() == pytest.approx(scores)


def test_people_one_by_one(people):
    first, second = people
    assert first.keypoints.tolist() == [[1, 2], [5, 9]] and first.id is None
    assert second.score == pytest.approx(0.3) and second.box.tolist() == [0, 0, 3, 3]
    assert [person.id for person in people.replace(ids=np.array([7, 8]))] == [7, 8]


def test_supervision(people):
    supervision = pytest.importorskip('supervision')
    points = people.replace(ids=np.array([7, 8])).to_supervision()
    assert isinstance(points, supervision.KeyPoints)
    assert points.xy.tolist() == people.keypoints.tolist()
    assert points.data['tracker_id'].tolist() == [7, 8]


def test_coco_boxes_are_x_y_width_height(people):
    first, second = people.to_coco('a.jpg')
    assert first == dict(image_id='a.jpg', category_id=1, bbox=[1, 2, 4, 7], score=0.9,
                         keypoints=[1, 2, 0.25, 5, 9, 0.75])
    assert second['score'] == 0.3
    tracked = people.replace(ids=np.array([7, 8])).to_coco('a.jpg')
    assert [person['track_id'] for person in tracked] == [7, 8]
