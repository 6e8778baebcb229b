"""Finds the images and label files of a YOLO data set."""
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from erpose.annotations.image_paths import find_images
from erpose.imaging.sources import IMAGES, expand


def find_yaml(folder: Path) -> Optional[Path]:
    """The data.yaml in the folder of a YOLO-pose data set, None if there is none."""
    files = sorted([*folder.glob('*.yaml'), *folder.glob('*.yml')],
                   key=lambda path: (path.stem != 'data', path))
    found = [path for path in files if 'kpt_shape' in path.read_text(errors='replace')]
    return next(iter(found or [path for path in files if path.stem == 'data']), None)


def find_yolo_images(entry: Any, path: Optional[str], source: Path, given: Optional[Path]
                     ) -> Tuple[List[Path], List[str]]:
    """Finds the images of ``train`` or ``val``.

    Args:
        entry (str | list[str]): Folders, and .txt files with image names.
        path (str): ``path`` of the data set. Optional.
        source (Path): Its data.yaml.
        given (Path): Folder of the data set, searched first. Optional.

    Returns:
        tuple[list[Path], list[str]]: Images, and notes on missing ones.

    Raises:
        FileNotFoundError, ValueError: If there are no images.
    """
    roots, images, notes = _roots(path, source, given), [], []
    for word in entry if isinstance(entry, list) else [entry]:
        place = _locate(str(word), roots, source)
        if place.is_dir():
            inside = [Path(file) for file in _expand(place)
                      if file.lower().endswith(IMAGES)]
            if not inside:
                raise ValueError(f'{source}: {place} contains no images. Correct train and '
                                 'val, or set the folder of the data set with --images')
            images += inside
        elif place.suffix.lower() == '.txt':
            inside, missing = _listed(place, roots)
            images += inside
            notes += [missing] * bool(missing)
        else:
            raise ValueError(f'{source}: {place} is neither a folder of images nor a .txt '
                             'file with their names. Correct train and val')
    return list(dict.fromkeys(images)), notes


def label_file(image: Path) -> Path:
    """Label file of an image: labels/a/1.txt for images/a/1.jpg, or beside the image."""
    beside = image.with_suffix('.txt')
    parts = list(beside.parts)
    folders = [i for i, part in enumerate(parts[:-1]) if part.lower() == 'images']
    if folders:
        parts[folders[-1]] = 'labels'
    usual = Path(*parts)
    return beside if beside.is_file() and not usual.is_file() else usual


def _roots(path: Optional[str], source: Path, given: Optional[Path]) -> List[Path]:
    """Folders to which paths may be relative, the most likely first."""
    here = source.parent.absolute()
    roots = [given.absolute()] if given else []
    if path:
        path = path.replace('\\', '/')
        roots += [here / path, Path(path).absolute()]
    return [root for root in dict.fromkeys([*roots, here]) if root.is_dir()]


def _locate(word: str, roots: List[Path], source: Path) -> Path:
    """Finds a path that may be of another machine or relative to another folder, by the
    longest part of its end that exists.
    """
    path = word.replace('\\', '/')
    parts = [part for part in path.split('/') if part not in ('', '.', '..')]
    tails = ['/'.join(parts[i:]) for i in range(max(1, len(parts) - 1))]
    for tail in [path, *tails]:
        for root in roots:
            if (root / tail).exists():
                return root / tail
    raise FileNotFoundError(f'{source}: {word} is not in {" or ".join(map(str, roots))}. '
                            'Correct the path, or set the folder of the data set with '
                            '--images')


def _expand(folder: Path) -> List[str]:
    try:
        return expand([folder])
    except ValueError:  # the folder is empty
        return []


def _listed(path: Path, roots: List[Path]) -> Tuple[List[Path], str]:
    """Images of a list, and a note on missing ones."""
    lines = path.read_text(encoding='utf-8-sig', errors='replace').splitlines()
    images = [dict(id=i, file_name=line.strip()) for i, line in enumerate(lines)
              if line.strip()]
    found: Dict[int, str] = {}
    for root in [path.parent, *roots]:
        left = [image for image in images if image['id'] not in found]
        found.update(find_images(left, str(root)).paths if left else {})
    missing = [image['file_name'] for image in images if image['id'] not in found]
    note = (f'{len(missing)} of the {len(images)} images of {path} do not exist, for '
            f'example {missing[0]!r}' if missing else '')
    if not found:
        raise FileNotFoundError(f'{note or f"{path} lists no images"}. Set their folder '
                                'with --images')
    return [Path(os.path.normpath(found[i])) for i in sorted(found)], note
