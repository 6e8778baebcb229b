"""Finds the image files of an annotation file, even if their names differ slightly."""
import os
import os.path as osp
import re
import unicodedata
from collections import defaultdict
from typing import Dict, List, NamedTuple, Set
from urllib.parse import unquote

from erpose.imaging.image_names import base_name, name_parts

MOST_FILES = 2_000_000
"""Maximum number of files to index in a folder."""


class FoundImages(NamedTuple):
    """Result of :func:`find_images`.

    Attributes:
        paths (dict[int, str]): Path by image id.
        missing (list[str]): Expected paths of missing files.
        renamed (dict[str, str]): Path by name, for images found under another name.
        ambiguous (dict[str, list[str]]): Equally good paths by name. These images are also
            in ``missing``.
    """
    paths: Dict[int, str]
    missing: List[str]
    renamed: Dict[str, str]
    ambiguous: Dict[str, List[str]]


def find_images(images: List[dict], folder: str) -> FoundImages:
    """Finds the files of an annotation file's images.

    If a name does not exist, files below the folder are compared by base name, ignoring
    backslashes, drives, percent-encoding, Unicode forms and letter case. Of several files,
    the one that shares most folders with the name is taken. A file is never used for two
    names.

    Args:
        images (list[dict]): Entries with ``id`` and ``file_name``.
        folder (str): Folder of the images.
    """
    found = FoundImages({}, [], {}, {})
    elsewhere = []
    for image in images:
        path = osp.join(folder, image['file_name'])
        if osp.isfile(path):
            found.paths[image['id']] = path
        else:
            elsewhere.append(image)
    if not elsewhere:
        return found
    taken = {osp.normpath(path) for path in found.paths.values()}
    index = _index(folder)
    claims = defaultdict(list)
    for image in elsewhere:
        name = image['file_name']
        best = _best([p for p in index.get(name_parts(name)[-1], ())
                      if osp.normpath(p) not in taken], name)
        if len(best) == 1:
            claims[best[0]].append(image)
            continue
        found.missing.append(osp.join(folder, name))
        if best:
            found.ambiguous[name] = best
    for path, claiming in claims.items():
        if len({image['file_name'] for image in claiming}) > 1:
            for image in claiming:
                found.missing.append(osp.join(folder, image['file_name']))
                found.ambiguous[image['file_name']] = [path]
            continue
        for image in claiming:
            found.paths[image['id']] = path
            found.renamed[image['file_name']] = path
    return found


def _index(folder: str) -> Dict[str, List[str]]:
    """The files below a folder, by normalised base name."""
    index, count = defaultdict(list), 0
    for root, folders, files in os.walk(folder or '.'):
        folders.sort()
        for name in sorted(files):
            index[name_parts(name)[-1]].append(osp.join(root, name))
        count += len(files)
        if count > MOST_FILES:
            break
    return index


def _best(paths: List[str], name: str) -> List[str]:
    """The files, of those with the same base name, that are most similar to the name."""
    wanted = name_parts(name)
    scores = {}
    for path in paths:
        parts = name_parts(osp.abspath(path))
        if _splits(parts) and _splits(wanted) and _splits(parts) != _splits(wanted):
            continue  # train/1.jpg must not match val/1.jpg
        same = len(osp.commonprefix([parts[::-1], wanted[::-1]]))
        exact = sum(form(osp.basename(path)) == form(base_name(name)) for form in (
            str, unquote, lambda n: unicodedata.normalize('NFC', unquote(n))))
        scores[path] = same, exact, -len(parts)
    best = max(scores.values(), default=None)
    return [path for path, score in scores.items() if score == best]


def _splits(parts: List[str]) -> Set[str]:
    """Splits that the last two folders name: 'train' for images/train2017."""
    words = [re.fullmatch(r'(train|val|test)(id|idation|ing)?[-_]?\d*', part)
             for part in parts[:-1]]
    return {word.group(1) for word in words[-2:] if word}
