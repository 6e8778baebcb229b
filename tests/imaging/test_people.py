import csv

import numpy as np
import pytest

from erpose.imaging.people import People
from erpose.imaging.sources import Frame
from erpose.imaging.writers import Records


@pytest.fixture
def people():
    return People(np.array([[[1, 2], [5, 9]], [[0, 0], [3, 3]]], np.float32),
                  np.array([[0.25, 0.75], [1, 1]], np.float32),
                  np.array([0.9, 0.3], np.float32),
                  np.array([[1, 2, 5, 9], [0, 0, 3, 3]], np.float32))


def test_above(people):
    assert people.above(0.3).scores.tolist() == pytest.approx([0.9])
    assert len(people.above(0.95).keypoints) == 0


def test_coco_boxes_are_x_y_width_height(people):
    first, second = people.to_coco('a.jpg')
    assert first == dict(image_id='a.jpg', category_id=1, bbox=[1, 2, 4, 7], score=0.9,
                         keypoints=[1, 2, 0.25, 5, 9, 0.75])
    assert second['score'] == 0.3


def test_csv_columns_hold_what_they_are_called(people, tmp_path):
    records = Records(['nose', 'tail'])
    records.add(Frame(None, 'clip.mp4', 7, 10.0), people.above(0.5))
    records.write_csv(tmp_path / 'p.csv')
    with open(tmp_path / 'p.csv', newline='') as file:
        row, = csv.DictReader(file)
    assert row == dict(image='clip.mp4#7', score='0.9', x='1.0', y='2.0', width='4.0',
                       height='7.0', nose_x='1.0', nose_y='2.0', nose_visibility='0.25',
                       tail_x='5.0', tail_y='9.0', tail_visibility='0.75')
