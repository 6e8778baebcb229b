"""People keep their ids through a video."""
import sys

import numpy as np
import pytest

from erpose.deploy.track import Tracker
from erpose.imaging import Frame, People

IMAGE = np.zeros((240, 320, 3), np.uint8)


@pytest.fixture
def tracker():
    pytest.importorskip('trackers')
    return Tracker(0.3)


def people(centres, scores=None, half=(15, 40)):
    centres = np.array(centres, np.float32).reshape(-1, 2)
    corners = np.array([[-1, -1], [1, 1]], np.float32) * half
    keypoints = centres[:, None] + corners
    scores = np.full(len(centres), 0.9, np.float32) if scores is None else np.array(scores)
    return People(keypoints, np.ones(keypoints.shape[:2]), scores,
                  np.concatenate([keypoints.min(1), keypoints.max(1)], 1))


def frame(index, fps=25.0):
    return Frame(IMAGE, 'clip.mp4', index, fps, index / fps)


def test_everybody_has_an_id_from_the_first_frame_on(tracker):
    ids = [tracker(frame(i), people([(50 + 4 * i, 100), (250 - 4 * i, 100)])).ids.tolist()
           for i in range(5)]
    assert ids == [[1, 2]] * 5


def test_ids_follow_people_and_not_their_order(tracker):
    tracker(frame(0), people([(50, 100), (250, 100)]))
    assert tracker(frame(1), people([(248, 100), (52, 100)])).ids.tolist() == [2, 1]


def test_who_is_away_for_a_while_comes_back_and_who_is_new_gets_a_new_id(tracker):
    for i in range(5):
        tracker(frame(i), people([(50, 100), (150, 100)]))
    for i in range(5, 10):
        assert tracker(frame(i), people([(50, 100)])).ids.tolist() == [1]
    found = tracker(frame(10), people([(50, 100), (150, 100), (290, 100)]))
    assert found.ids.tolist() == [1, 2, 3]


def test_low_scores_continue_a_track_and_begin_none(tracker):
    tracker(frame(0), people([(50, 100)]))
    found = tracker(frame(1), people([(50, 100), (250, 100)], [0.2, 0.2]))
    assert found.ids.tolist() == [1, -1]


@pytest.mark.parametrize('half', [(0, 0), (30, 0), (0, 30)], ids=['point', 'line', 'line'])
def test_keypoints_without_extent_are_followed(tracker, half):
    for i in range(5):
        found = tracker(frame(i), people([(50 + 2 * i, 100), (200, 100)], half=half))
        assert found.ids.tolist() == [1, 2]


def test_every_video_begins_anew_and_pictures_have_no_ids(tracker):
    for _ in range(2):
        assert tracker(frame(0), people([(50, 100)])).ids.tolist() == [1]
    assert tracker(Frame(IMAGE, 'a.jpg'), people([(50, 100)])).ids is None


def test_frames_without_anybody(tracker):
    for i in range(3):
        assert tracker(frame(i), people([])).ids.tolist() == []
    assert tracker(frame(3), people([(50, 100)])).ids.tolist() == [1]
    assert tracker(frame(4), people([])).ids.tolist() == []


def test_without_the_package_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, 'trackers', None)
    with pytest.raises(ImportError, match=r"pip install 'erpose\[track\]'"):
        Tracker(0.3)
