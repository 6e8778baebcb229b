"""Where results go: drawn pictures and videos, JSON in COCO's result format, CSV."""
import csv
import json
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import cv2
import numpy as np

from .people import People
from .sources import Frame

WRITTEN = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm')
"""Kinds of pictures that every OpenCV writes; others are drawn as PNG."""


class Drawings:
    """Writes drawn images, and one video a video source, into a folder.

    Args:
        folder (Path): Made if it is not there.
        video_format (tuple[str, str]): Suffix and FourCC of videos.
    """

    def __init__(self, folder: Path, video_format: Tuple[str, str] = ('.mp4', 'mp4v')):
        self.folder = folder
        self.suffix, self.fourcc = video_format
        self.folder.mkdir(parents=True, exist_ok=True)
        self._video = None
        self._names: Dict[str, str] = {}

    def add(self, frame: Frame, drawn: np.ndarray) -> None:
        if frame.index is None:
            suffix = Path(frame.source).suffix
            suffix = suffix if suffix.lower() in WRITTEN else '.png'
            self._save(self._path(frame.source, suffix), drawn)
            return
        if frame.index == 0:
            self.close()
            path = self._path(frame.source, self.suffix)
            self._video = cv2.VideoWriter(
                str(path), cv2.VideoWriter_fourcc(*self.fourcc), frame.fps,
                (drawn.shape[1], drawn.shape[0]))
            if not self._video.isOpened():
                raise ValueError(f'{path}: OpenCV cannot write this video here')
        self._video.write(drawn)

    def close(self) -> None:
        if self._video is not None:
            self._video.release()
            self._video = None

    def _path(self, source: str, suffix: str) -> Path:
        """A name of its own for every source, also for a/1.jpg and b/1.jpg, which is not
        the source's."""
        stem = f'camera {source}' if source.isdigit() else Path(source).stem
        name, number = f'{stem}{suffix}', 2
        while (self._names.setdefault(name, source) != source
               or _same_file(self.folder / name, Path(source))):
            name, number = f'{stem} ({number}){suffix}', number + 1
        return self.folder / name

    @staticmethod
    def _save(path: Path, image: np.ndarray) -> None:
        done, data = cv2.imencode(path.suffix, image)
        if not done:
            raise ValueError(f'{path}: OpenCV cannot write this kind of image')
        data.tofile(path)


class Records:
    """Collects people of all frames, for JSON and CSV."""

    def __init__(self, names: List[str]):
        self.names = names
        self.people: List[dict] = []

    def add(self, frame: Frame, people: People) -> None:
        image = frame.source if frame.index is None else f'{frame.source}#{frame.index}'
        self.people += people.to_coco(image)

    def write_json(self, path: Path) -> None:
        path.write_text(json.dumps(self.people))

    def write_csv(self, path: Path) -> None:
        """One row a person: image, score, box, then x, y, visibility of each keypoint."""
        head = ['image', 'score', 'x', 'y', 'width', 'height']
        for name in self.names:
            head += [f'{name}_x', f'{name}_y', f'{name}_visibility']
        with open(path, 'w', newline='') as file:
            writer = csv.writer(file)
            writer.writerow(head)
            for person in self.people:
                writer.writerow([person['image_id'], person['score'], *person['bbox'],
                                 *person['keypoints']])


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def writable(path: Optional[str]) -> Optional[Path]:
    """The path, its folder made: a result must not be lost for want of one."""
    if path is None:
        return None
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Path(path)
