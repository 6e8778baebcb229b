"""Reads frames from images, folders, patterns, videos and cameras."""
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
"""Frame rate of videos that do not state one."""
MAX_FPS = 960.0
"""Highest frame rate (slow motion). Browser recordings state 1000, their clock rate."""

logger = logging.getLogger(__name__)


class Frame(NamedTuple):
    """An image, or a frame of a video.

    Attributes:
        image (np.ndarray): uint8 BGR, (H, W, 3).
        source (str): The file or camera.
        index (int): Index of the frame in its video, None for an image.
        fps (float): Frame rate of the video, None for an image.
        time (float): Seconds since the first frame, None for an image.
    """
    image: np.ndarray
    source: str
    index: Optional[int] = None  # type: ignore[assignment]  # hides tuple.index
    fps: Optional[float] = None
    time: Optional[float] = None

    def timing(self) -> Tuple[float, float]:
        """Frame rate, and seconds since the first frame (from the rate if unknown)."""
        fps = self.fps or DEFAULT_FPS
        return fps, (self.index or 0) / fps if self.time is None else self.time


def expand(sources: Sequence[Union[str, Path]], without: Optional[Path] = None
           ) -> List[str]:
    """Expands folders and patterns to files.

    Args:
        sources (Sequence[str]): Files, camera numbers, stream URLs, patterns, and folders,
            which are searched recursively.
        without (Path, optional): A folder to skip inside the others: our own output.

    Raises:
        ValueError: If a source does not exist or contains no images or videos.
    """
    found: List[str] = []
    for source in map(str, sources):
        if Path(source).is_dir():
            files = _files(source, without)
            if not files:
                raise ValueError(f'{source} contains no images or videos')
        elif Path(source).is_file() or source.isdigit() or '://' in source:
            files = [source]
        else:
            matches = sorted(glob.glob(source, recursive=True))
            files = [file for match in matches for file in (
                _files(match, without) if os.path.isdir(match) else [match])]
            if not files:
                raise ValueError(f'{source} is not a file, a folder or a camera number')
        found += files
    return list(dict.fromkeys(found))


def _files(folder: str, without: Optional[Path]) -> List[str]:
    """Images and videos in a folder, recursively, without hidden ones."""
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
    """Whether a source is a video file, a camera number or a stream URL."""
    return (source.isdigit() or '://' in source
            or Path(source).suffix.lower() in VIDEOS)


def count(source: str) -> Optional[int]:
    """Number of frames of a source, None if unknown."""
    if not is_video(source):
        return 1
    if source.isdigit() or '://' in source:
        return None
    video = cv2.VideoCapture(source)
    number = _stated_frames(video)
    video.release()
    return number


def frames(source: str) -> Iterator[Frame]:
    """Yields the frames of a source, upright: the rotation of videos is applied.

    A warning names a video that has fewer frames than its header states.

    Raises:
        ValueError: If the source cannot be read. The message names it.
    """
    if not is_video(source):
        yield Frame(read_image(source), source)
        return
    video = cv2.VideoCapture(int(source) if source.isdigit() else source)
    try:
        if not video.isOpened():
            kind = 'camera' if source.isdigit() else 'video'
            raise ValueError(f'{source}: not a {kind} that OpenCV can open')
        video.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # not the default since OpenCV 4.11
        fps = frame_rate(video.get(cv2.CAP_PROP_FPS))
        index, time, start, stated = 0, 0.0, 0.0, 0.0
        while True:
            read, image = video.read()
            if not read:
                break
            stated = video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
            start = stated if index == 0 else start
            # Cameras and some containers do not state times.
            later = math.isfinite(stated) and stated - start > time
            time = 0.0 if index == 0 else stated - start if later else time + 1 / fps
            yield Frame(image, source, index, fps, time)
            index += 1
        if index == 0:
            raise ValueError(f'{source}: OpenCV cannot read any frame of this video')
        if _ends_early(video, index, stated):
            logger.warning(f'{source}: OpenCV can read {index} of {_stated_frames(video)} '
                           'frames. The file is cut off, or its header states a wrong '
                           'number')
    finally:
        video.release()


def _stated_frames(video: cv2.VideoCapture) -> Optional[int]:
    number = video.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(number) if math.isfinite(number) and number > 0 else None


def _ends_early(video: cv2.VideoCapture, read: int, time: float) -> bool:
    """Whether more than a tenth of a video is missing, by frames and by time.

    Frames alone are not enough: some containers state the duration times the frame rate,
    which may vary.
    """
    number, fps = _stated_frames(video) or 0, video.get(cv2.CAP_PROP_FPS)
    return fps > 0 and read < 0.9 * number and time < 0.9 * number / fps


def frame_rate(stated: float) -> float:
    """The stated frame rate, or the default if it is missing or impossible."""
    return stated if math.isfinite(stated) and 0 < stated <= MAX_FPS else DEFAULT_FPS
