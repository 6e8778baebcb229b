"""Ids of images and categories as an annotation file has them."""
import json
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple, Union
from urllib.parse import unquote

from .sources import is_video


class CocoIds:
    """What results carry so that ``loadRes`` finds the images of an annotation file.

    Args:
        path (str): Annotation file in COCO's format.
        names (Sequence[str], optional): The model's keypoints, in its order. Where the
            file's category has the same ones in another order, results come in that order.
            Defaults to None: not compared.

    Attributes:
        category_id: Of the category that people of ``names`` belong to.
        order (list[int], optional): Indices into ``names``, in the category's order; None
            where that is the same.

    Raises:
        ValueError: If the file is no such file, or has no or several categories that fit.
    """

    def __init__(self, path: Union[str, Path],
                 names: Optional[Sequence[str]] = None) -> None:
        self.path = path
        try:
            content = json.loads(Path(path).read_bytes())
            images = [(_parts(image['file_name']), image['id'])
                      for image in content['images']]
            categories = content.get('categories') or []
            used = {ann['category_id'] for ann in content.get('annotations') or []}
            self.category_id, keypoints = self._category(categories, used, names)
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError,
                AttributeError) as error:
            raise ValueError(f"{path}: not an annotation file in COCO's format "
                             f'({type(error).__name__}: {error})') from None
        self._images = defaultdict(list)
        for parts, image_id in images:
            self._images[parts[-1]].append((parts, image_id))
        ours, theirs = ([plain_name(str(name)) for name in listed]
                        for listed in (names or [], keypoints))
        self.order = None
        if (ours != theirs and sorted(ours) == sorted(theirs)
                and len(set(ours)) == len(ours)):
            self.order = [ours.index(name) for name in theirs]

    def image_id(self, source: Union[str, Path]) -> Any:
        """Of the image whose name ends as the path does.

        Raises:
            ValueError: If none or several do.
        """
        parts = _parts(str(source))
        alike = []
        for other, image_id in self._images.get(parts[-1], []):
            length = _common(parts, other)  # of a.jpg and b/a.jpg, c/a.jpg means the first
            alike.append(((length, length == len(other)), image_id))
        best = max((score for score, _ in alike), default=None)
        found = [image_id for score, image_id in alike if score == best]
        if len(found) != 1:
            raise ValueError(f'{source}: {len(found) or "none"} of the images of '
                             f'{self.path} have this name')
        return found[0]

    def check_any(self, sources: Sequence[str]) -> None:
        """Before anything is looked at: are these the images of the file at all?

        Raises:
            ValueError: If the file lists none of them; names one.
        """
        errors = []
        for source in sources:
            if is_video(source):  # its frames have names of their own
                return
            try:
                self.image_id(source)
                return
            except ValueError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _category(self, categories: List[dict], used: set,
                  names: Optional[Sequence[str]]) -> Tuple:
        """Id and keypoints of the one category that fits the model."""
        fitting = [c for c in categories if c.get('keypoints')
                   and (names is None or len(c['keypoints']) == len(names))]
        silent = [c for c in categories if not c.get('keypoints')]
        if not fitting and silent:  # files that do not describe keypoints
            fitting = [c for c in silent if c['id'] in used] or silent
        if not categories:
            fitting = [dict(id=category) for category in used or {1}]
        if len(fitting) > 1:
            fitting = [c for c in fitting if c.get('name') == 'person'] or fitting
        if len(fitting) == 1:
            return fitting[0]['id'], fitting[0].get('keypoints') or []
        said = ', '.join(f'{c.get("name")!r} of {len(c.get("keypoints") or [])} keypoints'
                         for c in fitting or categories)
        wanted = '' if names is None else f' of {len(names)} keypoints'
        raise ValueError(f'{self.path}: results{wanted} are of one category, and this file '
                         f'has {said or len(fitting)}: leave one')


def plain_name(name: str) -> str:
    """A keypoint's name without the differences that tools make: "Left Hand" is
    left_hand."""
    words = re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name)
    return re.sub(r'[\W_]+', '_', words).strip('_').lower()


def _parts(name: str) -> List[str]:
    """Folders and name of a file, without what systems write differently."""
    if '://' in name:
        name = name.partition('?')[0]
    name = unicodedata.normalize('NFC', unquote(name)).replace('\\', '/').casefold()
    return [part for part in name.strip().split('/') if part not in ('', '.')] or ['']


def _common(one: List[str], other: List[str]) -> int:
    """How many of the last parts are the same."""
    length = 0
    for a, b in zip(reversed(one), reversed(other)):
        if a != b:
            break
        length += 1
    return length
