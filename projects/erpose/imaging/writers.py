"""Writes results: drawn images and videos, JSON in COCO's result format, CSV."""
import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple, Union

import cv2
import numpy as np

from .coco_ids import CocoIds
from .people import People
from .sources import Frame
from .videos import OpenCVVideo, PyAVVideo, open_video

WRITTEN = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm')
"""Formats that every OpenCV build can write; images in other formats are drawn as PNG."""


class Drawings:
    """Writes drawn images, and one video (mp4) per video source, to a folder.

    Args:
        folder (Path): Created if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._video: Optional[Union[PyAVVideo, OpenCVVideo]] = None
        self._size: Tuple[int, int] = (0, 0)
        self._names: Dict[str, str] = {}

    def add(self, frame: Frame, drawn: np.ndarray) -> None:
        """Writes an image, or the next frame of a video.

        Raises:
            ValueError | OSError: If the file cannot be written. The message names it.
        """
        if frame.index is None:
            suffix = Path(frame.source).suffix
            suffix = suffix if suffix.lower() in WRITTEN else '.png'
            self._save(self._path(frame.source, suffix), drawn)
            return
        fps, time = frame.timing()
        height, width = drawn.shape[:2]
        if frame.index == 0 or self._video is None:
            self.close()
            self._size = width, height
            self._video = open_video(self._path(frame.source, '.mp4'), fps, self._size)
        if (width, height) != self._size:  # a stream may change its size
            drawn = cv2.resize(drawn, self._size)
        self._video.write(drawn, time)

    def close(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.release()

    def _path(self, source: str, suffix: str) -> Path:
        """A unique path for each source, also for a/1.jpg and b/1.jpg; never the source."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stem = f'camera {source}' if source.isdigit() else Path(source).stem
        name, number = f'{stem}{suffix}', 2
        while (self._names.setdefault(name, source) != source
               or _same_file(self.folder / name, Path(source))):
            name, number = f'{stem} ({number}){suffix}', number + 1
        return self.folder / name

    @staticmethod
    def _save(path: Path, image: np.ndarray) -> None:
        try:
            done, data = cv2.imencode(path.suffix, image)
        except cv2.error:  # too large for the format
            done = False
        if not done:
            raise ValueError(f'{path}: OpenCV cannot write this image in this format')
        data.tofile(path)


class Records:
    """Collects the people of all frames, for JSON and CSV.

    Args:
        names (list[str]): Names of the keypoints.
        ids (CocoIds, optional): Ids of an annotation file for the JSON, which leaves out
            images that the file does not list. Defaults to None: the paths are the ids.

    Attributes:
        people (list[dict]): Content of the JSON.
        unlisted (list[str]): Why images were left out of the JSON.
    """

    def __init__(self, names: List[str], ids: Optional[CocoIds] = None) -> None:
        self.names, self.ids = names, ids
        self.people: List[dict] = []
        self.unlisted: List[str] = []
        self._rows: List[list] = []
        self._claimed: Dict = {}

    def add(self, frame: Frame, people: People) -> None:
        image = frame.source if frame.index is None else f'{frame.source}#{frame.index}'
        found = people.to_coco(image)
        self._rows += [[image, *([] if people.ids is None else [person['track_id']]),
                        person['score'], *person['bbox'], *person['keypoints']]
                       for person in found]
        if self.ids is not None:
            try:
                image_id = self.ids.image_id(image)
                other = self._claimed.setdefault(image_id, image)
                if other != image:
                    raise ValueError(f'{image}: matches image {image_id}, as does {other}')
                found = people.to_coco(image, ids=self.ids)
            except ValueError as error:
                self.unlisted.append(str(error))
                return
        self.people += found

    def write_json(self, path: Path) -> None:
        path.write_text(json.dumps(self.people), encoding='utf-8')

    def write_csv(self, path: Path) -> None:
        """Writes one row per person: image, score, box, then x, y, visibility per keypoint.

        With tracking, ``track_id`` follows ``image``.
        """
        head = ['score', 'x', 'y', 'width', 'height']
        for name in self.names:
            head += [f'{name}_x', f'{name}_y', f'{name}_visibility']
        columns = 1 + len(head)
        tracked = any(len(row) > columns for row in self._rows)
        # File names may not be UTF-8: surrogateescape keeps their bytes.
        with open(path, 'w', newline='', encoding='utf-8',
                  errors='surrogateescape') as file:
            writer = csv.writer(file)
            writer.writerow(['image', *(['track_id'] if tracked else []), *head])
            for row in self._rows:
                if tracked and len(row) == columns:  # an image among videos
                    row = [row[0], '', *row[1:]]
                writer.writerow(row)


def keep(path: Path, write: Callable[[Path], None]) -> Path:
    """Writes a file atomically; if that fails, to a temporary folder.

    Args:
        path (Path): The file. Its folder is created if it does not exist.
        write (Callable): Writes the result to a given path.

    Returns:
        Path: The written file. A message names it if it is not ``path``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():  # /dev/stdout
            write(path)
            return path
        part = path.with_name(f'{path.name}.part')
        write(part)
        part.replace(path)
        return path
    except OSError as error:
        spare = Path(tempfile.mkdtemp(prefix='erpose-')) / path.name
        write(spare)
        print(f'{path}: {error.strerror or error}; written to {spare}', file=sys.stderr)
        return spare


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def writable(path: str) -> Path:
    """Creates the folder of a path, so that writing results does not fail later."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Path(path)
