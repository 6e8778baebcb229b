"""Reads data.yaml, the description of a YOLO-pose data set."""
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import yaml

MOST_CLASSES = 1000
"""Number of classes of a data set without class names."""


@dataclass(frozen=True)
class Description:
    """Content of a data.yaml.

    Attributes:
        file (Path): The data.yaml.
        root (str | None): ``path``: the folder of the data set.
        train, val: A folder of images, a .txt file with image names, or a list of these.
            ``val`` may be None.
        shape (tuple[int, int]): ``kpt_shape``: K, and 3 for x, y, v or 2 for x, y.
        flips (list[int] | None): ``flip_idx``: index of each keypoint's mirror image.
        classes (dict[int, str]): Names by number.
        skeleton: Pairs of keypoints. Optional.
        keypoint_names: ``kpt_names``: K names, or names by class. Optional.
    """
    file: Path
    root: Optional[str]
    train: Any
    val: Any
    shape: Tuple[int, int]
    flips: Optional[List[int]]
    classes: Dict[int, str]
    skeleton: Any
    keypoint_names: Any

    def names_of(self, class_id: int) -> Optional[list]:
        """Keypoint names of a class, None if there are not K names."""
        names = self.keypoint_names
        if isinstance(names, dict):
            names = names.get(class_id, names.get(self.classes[class_id]))
        return names if isinstance(names, list) and len(names) == self.shape[0] else None


def read_description(path: Path) -> Description:
    """Reads a data.yaml.

    Raises:
        ValueError: If it does not describe a YOLO-pose data set. The message names the
            entry and the remedy.
    """
    info = _load(path)
    if not info.get('train'):
        raise ValueError(f'{path} has no entry "train". Add train: images/train')
    shape, root = _shape(info, path), info.get('path')
    return Description(
        path, root if isinstance(root, str) else None, info['train'],
        info.get('val') or None, shape, _flips(info, shape[0], path), _classes(info),
        info.get('skeleton'), info.get('kpt_names') or info.get('keypoint_names'))


def _load(path: Path) -> dict:
    try:
        info = yaml.safe_load(path.read_text(encoding='utf-8-sig'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = ' '.join(str(error).split())
        raise ValueError(f'{path} is not YAML: {reason}. Write paths with / or in single '
                         "quotes: 'C:\\data'") from None
    if not isinstance(info, dict):
        raise ValueError(f'{path} does not describe a YOLO data set: expected train, val, '
                         'kpt_shape and names')
    return info


def _shape(info: dict, path: Path) -> Tuple[int, int]:
    shape = info.get('kpt_shape')
    if (isinstance(shape, list) and len(shape) == 2
            and all(isinstance(n, int) for n in shape)
            and shape[0] > 0 and shape[1] in (2, 3)):
        return shape[0], shape[1]
    found = 'has no kpt_shape' if shape is None else f'has kpt_shape: {str(shape)[:40]}'
    raise ValueError(f'{path} {found}. Expected kpt_shape: [K, 3], with K keypoints, and 3 '
                     'for x, y, v or 2 for x, y. Data sets with only boxes are not '
                     'supported')


def _flips(info: dict, number: int, path: Path) -> Optional[List[int]]:
    flips = info.get('flip_idx')
    if not flips:
        return None
    if (isinstance(flips, list) and all(isinstance(k, int) for k in flips)
            and sorted(flips) == list(range(number))
            and all(flips[k] == i for i, k in enumerate(flips))):
        return flips
    raise ValueError(f'{path}: flip_idx is {str(flips)[:80]}, expected the index (from 0) '
                     f'of the mirror image of each of the {number} keypoints, or its own '
                     'index if it has no side. Correct or delete the line')


def _classes(info: dict) -> Dict[int, str]:
    """Class names by number; the number itself if the file has no names."""
    names = info.get('names') or list(range(MOST_CLASSES))
    if not isinstance(names, dict):
        names = dict(enumerate(names if isinstance(names, list) else [names]))
    return {int(number) if str(number).isdecimal() else number: str(name)
            for number, name in names.items()}
