"""Writes videos that browsers can play."""
import logging
from fractions import Fraction
from pathlib import Path
from typing import Any, Dict, Set, Tuple, Union

import cv2
import numpy as np

TIME_BASE = Fraction(1, 90000)
"""Unit of frame times, in seconds: exact for 24, 25, 29.97, 30 and more frames/s."""
QUALITY: Dict[str, object] = {
    'deadline': 'realtime', 'crf': '30', 'b': '0', 'cpu-used': '7', 'row-mt': '1'}
"""Options of libvpx: about 50 frames/s at 1280x720 on one core, without visible loss."""

logger = logging.getLogger(__name__)


def open_video(path: Path, fps: float,
               size: Tuple[int, int]) -> Union['PyAVVideo', 'OpenCVVideo']:
    """Opens a writer of VP9 in mp4, which browsers can play and no patent restricts.

    It uses PyAV if installed, else OpenCV, which is slower and has a constant frame rate.

    Args:
        path (Path): The file to write.
        fps (float): Frames per second.
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
    """Writes a video by PyAV, with the time of each frame (the rate may vary)."""

    def __init__(self, path: Path, fps: float, size: Tuple[int, int]) -> None:
        import av
        self.path, self.av, self.last = path, av, -1
        try:
            self.container = av.open(str(path), 'w', options=dict(movflags='faststart'))
            rate = Fraction(fps).limit_denominator(1001)
            self.stream = self.container.add_stream('libvpx-vp9', rate=rate)
        except av.FFmpegError as error:
            raise ValueError(f'cannot write {path}: {error}') from None
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
            raise ValueError(f'cannot write {self.path}: {error}') from None

    def _mux(self, frame: Any) -> None:
        try:
            self.container.mux(self.stream.encode(frame))
        except self.av.FFmpegError as error:
            raise ValueError(f'cannot write {self.path}: {error}') from None


class OpenCVVideo:
    """Writes a video by OpenCV, for installations without PyAV."""

    def __init__(self, path: Path, fps: float, size: Tuple[int, int]) -> None:
        for codec in ('vp09', 'mp4v'):
            self.writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps,
                                          tuple(size))
            if self.writer.isOpened():
                break
        else:
            raise ValueError(f'cannot write {path}: OpenCV has no suitable video codec')
        drawback = 'slowly' if codec == 'vp09' else 'in a format that browsers cannot play'
        _say_once(f'PyAV is not installed: OpenCV writes videos, {drawback} and at a '
                  'constant frame rate. To avoid this: pip install av')

    def write(self, image: np.ndarray, time: float) -> None:
        self.writer.write(image)

    def release(self) -> None:
        self.writer.release()


_said: Set[str] = set()


def _say_once(message: str) -> None:
    if message not in _said:
        _said.add(message)
        logger.warning(message)
