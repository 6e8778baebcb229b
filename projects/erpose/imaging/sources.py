"""Frames from images, folders, patterns, videos and cameras."""
import glob
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence

import cv2
import numpy as np

from .letterbox import MAX_SIDE

IMAGES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm')
VIDEOS = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.m4v', '.mpg', '.mpeg', '.wmv', '.gif')


class Frame(NamedTuple):
    """One picture to look at.

    Attributes:
        image (np.ndarray): uint8 BGR, (H, W, 3).
        source (str): The file or camera.
        index (int): Number of the frame in its video, None for an image.
        fps (float): Of the video, None for an image.
    """
    image: np.ndarray
    source: str
    index: Optional[int] = None
    fps: Optional[float] = None


def read_image(path) -> np.ndarray:
    """An image file as uint8 BGR (H, W, 3), turned as its EXIF tag says.

    Raises:
        ValueError: If it is missing, does not decode or is too large; names the file.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)  # cv2.imread fails on non-ASCII names
    except OSError as error:
        raise ValueError(f'{path}: {error.strerror}') from None
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error:  # larger than OpenCV's limit
        image = None
    if image is None:
        raise ValueError(f'{path}: not an image that OpenCV reads '
                         f'({data.size} bytes)')
    if max(image.shape) > MAX_SIDE:
        raise ValueError(f'{path}: {image.shape[1]}x{image.shape[0]}; {MAX_SIDE} pixels a '
                         'side are the most: shrink it')
    return image


def expand(sources: Sequence[str]) -> List[str]:
    """Files and cameras that the sources name: folders and patterns spelt out.

    Raises:
        ValueError: If a source names nothing.
    """
    found: List[str] = []
    for source in sources:
        path = Path(source)
        if path.is_dir():
            files = sorted(str(p) for p in path.iterdir()
                           if p.suffix.lower() in IMAGES + VIDEOS)
            if not files:
                raise ValueError(f'{source}: a folder without images or videos')
        elif path.is_file() or source.isdigit() or '://' in source:
            files = [source]
        else:
            files = sorted(glob.glob(source))
            if not files:
                raise ValueError(f'{source}: no such file, folder or camera')
        found += files
    return found


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
    frames = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    video.release()
    return frames if frames > 0 else None


def frames(source: str) -> Iterator[Frame]:
    """The frames of one source.

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
        fps = video.get(cv2.CAP_PROP_FPS) or 25.0
        index = 0
        while True:
            read, image = video.read()
            if not read:
                break
            yield Frame(image, source, index, fps)
            index += 1
        if index == 0:
            raise ValueError(f'{source}: a video without a frame that OpenCV reads')
    finally:
        video.release()
