"""Frames from images, folders, patterns, videos and cameras."""
import glob
import logging
import math
import os
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

import cv2
import numpy as np

from .images import read_image

IMAGES = ('.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.bmp', '.webp', '.tif', '.tiff',
          '.ppm', '.pgm', '.pbm', '.pnm', '.pfm', '.hdr', '.jp2', '.avif', '.heic', '.heif',
          '.hif')
VIDEOS = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.m4v', '.mpg', '.mpeg', '.wmv', '.gif')
DEFAULT_FPS = 25.0
"""Where a video states no rate."""
MAX_FPS = 960.0
"""Of slow motion. Recordings of browsers state 1000: the steps of their clock."""

logger = logging.getLogger(__name__)


class Frame(NamedTuple):
    """One picture to look at.

    Attributes:
        image (np.ndarray): uint8 BGR, (H, W, 3).
        source (str): The file or camera.
        index (int): Number of the frame in its video, None for an image.
        fps (float): Of the video, None for an image.
        time (float): Seconds since the first frame, None for an image.
    """
    image: np.ndarray
    source: str
    index: Optional[int] = None  # type: ignore[assignment]  # not the tuple's method
    fps: Optional[float] = None
    time: Optional[float] = None

    def timing(self) -> Tuple[float, float]:
        """Frames a second and seconds since the first frame; by the rate if not known."""
        fps = self.fps or DEFAULT_FPS
        return fps, (self.index or 0) / fps if self.time is None else self.time


def expand(sources: Sequence[Union[str, Path]], without: Optional[Path] = None
           ) -> List[str]:
    """Files and cameras that the sources name: folders and patterns spelt out.

    Args:
        sources (Sequence[str]): Files, cameras' numbers, streams' addresses, patterns, and
            folders, whose sub-folders are looked into, too.
        without (Path, optional): A folder to pass over inside the others: our own output.

    Raises:
        ValueError: If a source names nothing.
    """
    found: List[str] = []
    for source in map(str, sources):
        if Path(source).is_dir():
            files = _files(source, without)
            if not files:
                raise ValueError(f'{source}: a folder without images or videos')
        elif Path(source).is_file() or source.isdigit() or '://' in source:
            files = [source]
        else:
            matches = sorted(glob.glob(source, recursive=True))
            files = [file for match in matches for file in (
                _files(match, without) if os.path.isdir(match) else [match])]
            if not files:
                raise ValueError(f'{source}: no such file, folder or camera')
        found += files
    return list(dict.fromkeys(found))


def _files(folder: str, without: Optional[Path]) -> List[str]:
    """Images and videos in a folder and below, hidden ones left out."""
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name[0] != '.' and name != '__MACOSX' and not (
                without is not None and without.exists()
                and os.path.samefile(os.path.join(root, name), without)))
        found += [os.path.join(root, name) for name in sorted(files)
                  if name[0] != '.' and name.lower().endswith(IMAGES + VIDEOS)]
    return [str(Path(path)) for path in found]


def is_video(source: str) -> bool:
    """A video file, a camera's number or a stream's address."""
    return (source.isdigit() or '://' in source
            or Path(source).suffix.lower() in VIDEOS)


def count(source: str) -> Optional[int]:
    """Frames of a source, None where that is not known."""
    if not is_video(source):
        return 1
    if source.isdigit() or '://' in source:
        return None
    video = cv2.VideoCapture(source)
    number = video.get(cv2.CAP_PROP_FRAME_COUNT)
    video.release()
    return int(number) if math.isfinite(number) and number > 0 else None


def frames(source: str) -> Iterator[Frame]:
    """The frames of one source, upright: videos are turned as their header says.

    A warning names a video that ends before its header says so.

    Raises:
        ValueError: If it cannot be read; names it.
    """
    if not is_video(source):
        yield Frame(read_image(source), source)
        return
    video = cv2.VideoCapture(int(source) if source.isdigit() else source)
    try:
        if not video.isOpened():
            kind = 'camera' if source.isdigit() else 'video'
            raise ValueError(f'{source}: not a {kind} that OpenCV opens')
        video.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # not the default since OpenCV 4.11
        fps = frame_rate(video.get(cv2.CAP_PROP_FPS))
        index, time, start, stated = 0, 0.0, 0.0, 0.0
        while True:
            read, image = video.read()
            if not read:
                break
            stated = video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
            start = stated if index == 0 else start
            # Not every container states times, and cameras do not.
            later = math.isfinite(stated) and stated - start > time
            time = 0.0 if index == 0 else stated - start if later else time + 1 / fps
            yield Frame(image, source, index, fps, time)
            index += 1
        if index == 0:
            raise ValueError(f'{source}: a video without a frame that OpenCV reads')
        if _ends_early(video, index, stated):
            logger.warning(f'{source}: {index} of {count(source)} frames can be read: the '
                           'file is cut off, or states a wrong number')
    finally:
        video.release()


def _ends_early(video: cv2.VideoCapture, read: int, time: float) -> bool:
    """Whether a tenth is missing, by frames and by time: of some containers the number is
    the duration times the rate, which need not be constant."""
    number = video.get(cv2.CAP_PROP_FRAME_COUNT)
    fps = video.get(cv2.CAP_PROP_FPS)
    return fps > 0 and math.isfinite(number) and (
        read < 0.9 * number and time < 0.9 * number / fps)


def frame_rate(stated: float) -> float:
    """Frames a second, the default where the file states none or an impossible one."""
    return stated if math.isfinite(stated) and 0 < stated <= MAX_FPS else DEFAULT_FPS
