"""The description of a YOLO-pose data set: its data.yaml."""
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import yaml

MOST_CLASSES = 1000
"""Of a data set that does not name them."""


@dataclass(frozen=True)
class Description:
    """What a data.yaml says.

    Attributes:
        file (Path): The data.yaml.
        root (str | None): ``path``: the folder of the data set.
        train, val: Folders of images and .txt files with their names: one or a list.
            ``val`` may be None.
        shape (tuple[int, int]): ``kpt_shape``: K, and 3 for x, y, v or 2 for x, y.
        flips (list[int] | None): ``flip_idx``: the mirror image of each keypoint.
        classes (dict[int, str]): Names by number.
        skeleton: Pairs of keypoints, if any.
        keypoint_names: ``kpt_names``: K names, perhaps by class, if any.
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
        """Names of the keypoints of a class; None if there are not K."""
        names = self.keypoint_names
        if isinstance(names, dict):
            names = names.get(class_id, names.get(self.classes[class_id]))
        return names if isinstance(names, list) and len(names) == self.shape[0] else None


def read_description(path: Path) -> Description:
    """Reads a data.yaml.

    Raises:
        ValueError: If it describes no YOLO-pose data set; names the entry and the remedy.
    """
    info = _load(path)
    if not info.get('train'):
        raise ValueError(f'{path} names no images. Add train: images/train')
    shape, root = _shape(info, path), info.get('path')
    return Description(
        path, root if isinstance(root, str) else None, info['train'],
        info.get('val') or None, shape, _flips(info, shape[0], path), _classes(info),
        info.get('skeleton'), info.get('kpt_names') or info.get('keypoint_names'))


def _load(path: Path) -> dict:
    try:
        info = yaml.safe_load(path.read_text(encoding='utf-8-sig'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = ' '.join(str(error).split())
        raise ValueError(f'{path} is not YAML: {said}. Write paths with / or in single '
                         "quotes: 'C:\\data'") from None
    if not isinstance(info, dict):
        raise ValueError(f'{path} is no description of a YOLO data set: expected train, '
                         'val, kpt_shape and names')
    return info


def _shape(info: dict, path: Path) -> Tuple[int, int]:
    shape = info.get('kpt_shape')
    if (isinstance(shape, list) and len(shape) == 2
            and all(isinstance(n, int) for n in shape)
            and shape[0] > 0 and shape[1] in (2, 3)):
        return shape[0], shape[1]
    said = 'has no kpt_shape' if shape is None else f'has kpt_shape: {str(shape)[:40]}'
    raise ValueError(f'{path} {said}: expected kpt_shape: [K, 3], the number of keypoints '
                     'and 3 for x, y, v or 2 for x, y. A data set of boxes has none')


def _flips(info: dict, number: int, path: Path) -> Optional[List[int]]:
    flips = info.get('flip_idx')
    if not flips:
        return None
    if (isinstance(flips, list) and all(isinstance(k, int) for k in flips)
            and sorted(flips) == list(range(number))
            and all(flips[k] == i for i, k in enumerate(flips))):
        return flips
    raise ValueError(f'{path}: flip_idx is {str(flips)[:80]}: expected for each of the '
                     f'{number} keypoints the number of its mirror image, from 0 (its own, '
                     'if it has no side). Correct it, or delete the line')


def _classes(info: dict) -> Dict[int, str]:
    """Names by number; the number itself where the file has none."""
    names = info.get('names') or list(range(MOST_CLASSES))
    if not isinstance(names, dict):
        names = dict(enumerate(names if isinstance(names, list) else [names]))
    return {int(number) if str(number).isdecimal() else number: str(name)
            for number, name in names.items()}
