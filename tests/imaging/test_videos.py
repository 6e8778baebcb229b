"""Drawn videos play in browsers and keep size, rate and times."""
import cv2
import numpy as np
import pytest

from erpose.imaging import frames
from erpose.imaging.videos import OpenCVVideo, PyAVVideo, open_video


def write(kind, path, times, size=(64, 48), fps=25.0):
    video = kind(path, fps, size)
    for index, time in enumerate(times):
        image = np.zeros((*size[::-1], 3), np.uint8)
        image[:, :(index + 1) * size[0] // (len(times) + 1)] = (0, 0, 255)  # BGR: red
        video.write(image, time)
    video.release()
    return list(frames(str(path)))


@pytest.fixture(params=['OpenCV', 'PyAV'])
def kind(request):
    if request.param == 'PyAV':
        pytest.importorskip('av')
    return dict(OpenCV=OpenCVVideo, PyAV=PyAVVideo)[request.param]


@pytest.mark.parametrize('size', [(64, 48), (65, 49)])
@pytest.mark.parametrize('fps', [10.0, 25.0, 30000 / 1001])
def test_a_video_is_vp9_in_mp4(kind, size, fps, tmp_path):
    seen = write(kind, tmp_path / 'a.mp4', [i / fps for i in range(5)], size, fps)
    assert len(seen) == 5
    assert seen[0].fps == pytest.approx(fps, rel=0.01)
    assert [frame.time for frame in seen] == pytest.approx(
        [i / fps for i in range(5)], abs=2e-3)
    video = cv2.VideoCapture(str(tmp_path / 'a.mp4'))
    fourcc = int(video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, 'little')
    assert fourcc.lower() in (b'vp09', b'vp90')
    image = seen[-1].image  # odd sides lose one pixel with some decoders
    assert np.abs(np.subtract(image.shape[1::-1], size)).max() <= 1
    red, black = image[24, 8], image[24, -3]
    assert red[2] > 150 and red[:2].max() < 60 and black.max() < 60


def test_times_that_vary_are_kept(tmp_path):
    pytest.importorskip('av')
    times = [0, 0.1, 0.15, 0.5, 2.0]
    seen = write(open_video, tmp_path / 'a.mp4', times)
    assert [frame.time for frame in seen] == pytest.approx(times, abs=1e-3)


def test_times_that_do_not_grow_are_moved(tmp_path):
    pytest.importorskip('av')
    assert len(write(open_video, tmp_path / 'a.mp4', [0, 0.1, 0.1, 0.05])) == 4


def test_without_pyav_opencv_writes_and_says_so(tmp_path, monkeypatch, caplog):
    import sys

    from erpose.imaging import videos
    monkeypatch.setitem(sys.modules, 'av', None)
    monkeypatch.setattr(videos, '_said', set())
    for name in 'ab':
        assert len(write(open_video, tmp_path / f'{name}.mp4', [0, 0.1])) == 2
    message, = caplog.messages
    assert message.endswith('pip install av')


def test_a_video_that_cannot_be_written(kind, tmp_path):
    with pytest.raises(ValueError, match=r'a\.mp4'):
        write(kind, tmp_path / 'nowhere' / 'a.mp4', [0, 0.1])
