"""Videos that browsers play."""
import logging
from fractions import Fraction
from pathlib import Path
from typing import Any, Dict, Set, Tuple, Union

import cv2
import numpy as np

TIME_BASE = Fraction(1, 90000)
"""Seconds in which the times of frames are stated: exact at 24, 25, 30, 29.97 and more."""
QUALITY: Dict[str, object] = {
    'deadline': 'realtime', 'crf': '30', 'b': '0', 'cpu-used': '7', 'row-mt': '1'}
"""Of libvpx: some 50 frames a second at 1280x720 on a core, and no visible loss."""

logger = logging.getLogger(__name__)


def open_video(path: Path, fps: float,
               size: Tuple[int, int]) -> Union['PyAVVideo', 'OpenCVVideo']:
    """A writer of VP9 in mp4, which browsers play and no patent restricts.

    By PyAV if it is installed; else by OpenCV, at a constant rate and slower.

    Args:
        path (Path): The file.
        fps (float): Frames a second.
        size (tuple[int, int]): Width and height.

    Raises:
        ValueError: If the file cannot be written.
    """
    try:
        import av
        av.Codec('libvpx-vp9', 'w')
    except (ImportError, ValueError):  # av.codec.codec.UnknownCodecError is a ValueError
        return OpenCVVideo(path, fps, size)
    return PyAVVideo(path, fps, size)


class PyAVVideo:
    """Keeps the time of every frame: phones and screen recordings vary their rate."""

    def __init__(self, path: Path, fps: float, size: Tuple[int, int]) -> None:
        import av
        self.path, self.av, self.last = path, av, -1
        try:
            self.container = av.open(str(path), 'w', options=dict(movflags='faststart'))
            rate = Fraction(fps).limit_denominator(1001)
            self.stream = self.container.add_stream('libvpx-vp9', rate=rate)
        except av.FFmpegError as error:
            raise ValueError(f'{path}: cannot be written: {error}') from None
        self.stream.width, self.stream.height = size
        self.stream.pix_fmt = 'yuv420p'
        self.stream.options = QUALITY
        self.stream.codec_context.time_base = TIME_BASE

    def write(self, image: np.ndarray, time: float) -> None:
        frame = self.av.VideoFrame.from_ndarray(image, format='bgr24')
        self.last = frame.pts = max(round(time / TIME_BASE), self.last + 1)
        frame.time_base = TIME_BASE
        self._mux(frame)

    def release(self) -> None:
        self._mux(None)
        try:
            self.container.close()
        except self.av.FFmpegError as error:
            raise ValueError(f'{self.path}: cannot be written: {error}') from None

    def _mux(self, frame: Any) -> None:
        try:
            self.container.mux(self.stream.encode(frame))
        except self.av.FFmpegError as error:
            raise ValueError(f'{self.path}: cannot be written: {error}') from None


class OpenCVVideo:
    """For where PyAV is not installed."""

    def __init__(self, path: Path, fps: float, size: Tuple[int, int]) -> None:
        for codec in ('vp09', 'mp4v'):
            self.writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps,
                                          tuple(size))
            if self.writer.isOpened():
                break
        else:
            raise ValueError(f'{path}: OpenCV cannot write this video here')
        played = 'slowly' if codec == 'vp09' else 'in a format that browsers do not play'
        _say_once(f'videos are written by OpenCV, {played} and at a constant frame rate: '
                  'pip install av')

    def write(self, image: np.ndarray, time: float) -> None:
        self.writer.write(image)

    def release(self) -> None:
        self.writer.release()


_said: Set[str] = set()


def _say_once(message: str) -> None:
    if message not in _said:
        _said.add(message)
        logger.warning(message)
