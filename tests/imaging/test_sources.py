"""Folders, patterns and videos as sources."""
import math
import re
import struct

import cv2
import numpy as np
import pytest

from erpose.imaging.sources import count, expand, frame_rate, frames

# Rows of an mp4's display matrix, which tells players how to rotate the picture.
MATRICES = {
    0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0),
}


def video(path, turn=0, size=(64, 48), fps=25):
    """Three black frames with a white corner, the upper left in the stored frame."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), fps, size)
    image = np.zeros((*size[::-1], 3), np.uint8)
    image[:16, :16] = 255
    for _ in range(3):
        writer.write(image)
    writer.release()
    data = bytearray(path.read_bytes())
    start = data.find(b'tkhd') + 44
    a, b, c, d = (value * 65536 for value in MATRICES[turn])
    data[start:start + 36] = struct.pack('>9i', a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize('turn, corner', [
    (0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_videos_are_turned_as_their_header_says(turn, corner, tmp_path):
    seen = list(frames(video(tmp_path / 'a.mp4', turn)))
    assert len(seen) == 3
    for frame in seen:
        assert frame.image.shape[:2] == ((48, 64) if turn % 180 == 0 else (64, 48))
        assert frame.image[corner].min() > 200
        assert (frame.image > 200).all(-1).mean() == pytest.approx(1 / 12, abs=0.02)


def test_times(tmp_path):
    seen = list(frames(video(tmp_path / 'a.mp4', fps=10)))
    assert [frame.time for frame in seen] == pytest.approx([0, 0.1, 0.2])
    assert {frame.fps for frame in seen} == {10}


@pytest.mark.parametrize('share, said', [
    (1, ''), (0.5, 'cut.avi: .* read 1[01] of 20 frames')])
def test_a_video_that_is_cut_off(share, said, tmp_path, caplog):
    writer = cv2.VideoWriter(str(tmp_path / 'a.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 25,
                             (64, 48))
    noise = np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), np.uint8)
    for image in noise:
        writer.write(image)
    writer.release()
    data = (tmp_path / 'a.avi').read_bytes()
    start = data.find(b'movi')
    (tmp_path / 'cut.avi').write_bytes(data[:start + int(share * (len(data) - start))])
    seen = list(frames(str(tmp_path / 'cut.avi')))
    assert 9 <= len(seen) <= 20
    assert re.search(said, caplog.text) if said else not caplog.text


@pytest.mark.parametrize('stated, used', [
    (29.97, 29.97), (240, 240), (0, 25), (-1, 25), (math.nan, 25), (math.inf, 25),
    (1000, 25), (90000, 25)])
def test_impossible_frame_rates(stated, used):
    assert frame_rate(stated) == used


class Camera:
    """A video that states nothing, or nonsense."""

    def __init__(self, stated):
        self.stated, self.left = stated, 3

    def isOpened(self):
        return True

    def set(self, *_):
        return False

    def get(self, _):
        return self.stated

    def read(self):
        self.left -= 1
        return self.left >= 0, np.zeros((4, 4, 3), np.uint8)

    def release(self):
        pass


@pytest.mark.parametrize('stated', [math.nan, 0.0, -1.0, math.inf])
def test_a_video_that_states_nothing(stated, monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', lambda _: Camera(stated))
    seen = list(frames('a.mp4'))
    assert [frame.fps for frame in seen] == [25] * 3
    assert [frame.time for frame in seen] == pytest.approx([0, 0.04, 0.08])
    assert count('a.mp4') is None


@pytest.fixture
def tree(tmp_path):
    for name in ('a.jpg', 'b.PNG', 'deep/er/c.webp', 'deep/d.mp4', 'deep/note.txt',
                 '.thumbnails/a.jpg', 'deep/._c.webp', '__MACOSX/e.jpg', 'out/f.jpg'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / 'folder.jpg').mkdir()
    return tmp_path


def test_pictures_in_sub_folders(tree):
    names = ['a.jpg', 'b.PNG', 'deep/d.mp4', 'deep/er/c.webp', 'out/f.jpg']
    assert expand([tree]) == [str(tree / name) for name in names]
    assert expand([tree], tree / 'out') == [str(tree / name) for name in names[:-1]]
    assert expand([tree / 'out'], tree / 'out') == [str(tree / 'out/f.jpg')]


@pytest.mark.parametrize('pattern, names', [
    ('*.jpg', ['a.jpg']), ('**/*.webp', ['deep/er/c.webp']),
    ('de*', ['deep/d.mp4', 'deep/er/c.webp']), ('a*', ['a.jpg'])])
def test_patterns(pattern, names, tree):
    (tree / 'folder.jpg').rmdir()
    assert expand([str(tree / pattern)]) == [str(tree / name) for name in names]


def test_a_file_named_twice_is_looked_at_once(tree):
    assert expand([tree / 'a.jpg', str(tree / '*.PNG'), str(tree / 'a.*')]) == [
        str(tree / 'a.jpg'), str(tree / 'b.PNG')]
