"""Image and category ids of a COCO annotation file."""
import json
from collections import defaultdict
from os.path import commonprefix
from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple, Union

from .image_names import name_parts
from .keypoint_names import plain_name
from .sources import is_video


class CocoIds:
    """Looks up ids in an annotation file, so that ``loadRes`` accepts the results.

    Args:
        path (str): COCO annotation file.
        names (Sequence[str], optional): The model's keypoints. If the file's category has
            the same ones in another order, results are reordered. Defaults to None: not
            compared.

    Attributes:
        category_id: Id of the category whose keypoints match ``names``.
        order (list[int], optional): Indices into ``names``, in the category's order; None
            if that is the same.

    Raises:
        ValueError: If the file is not an annotation file, or if not exactly one of its
            categories matches.
    """

    def __init__(self, path: Union[str, Path],
                 names: Optional[Sequence[str]] = None) -> None:
        self.path = path
        try:
            content = json.loads(Path(path).read_bytes())
            images = [(name_parts(image['file_name']), image['id'])
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
        """Id of the image whose file name has the longest common end with the path.

        Raises:
            ValueError: If no image, or more than one, has this name.
        """
        parts = name_parts(str(source))
        alike = []
        for other, image_id in self._images.get(parts[-1], []):
            length = len(commonprefix([parts[::-1], other[::-1]]))
            # c/a.jpg matches a.jpg, not b/a.jpg
            alike.append(((length, length == len(other)), image_id))
        best = max((score for score, _ in alike), default=None)
        found = [image_id for score, image_id in alike if score == best]
        if len(found) != 1:
            raise ValueError(f'{source}: {len(found) or "no"} images of {self.path} have '
                             'this name')
        return found[0]

    def check_any(self, sources: Sequence[str]) -> None:
        """Checks early that the file lists at least one of the images.

        Raises:
            ValueError: If the file lists none of them. The message names the first.
        """
        errors = []
        for source in sources:
            if is_video(source):  # frames have other names than the video
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
        if not fitting and silent:  # the file does not list keypoint names
            fitting = [c for c in silent if c['id'] in used] or silent
        if not categories:
            fitting = [dict(id=category) for category in used or {1}]
        if len(fitting) > 1:
            fitting = [c for c in fitting if c.get('name') == 'person'] or fitting
        if len(fitting) == 1:
            return fitting[0]['id'], fitting[0].get('keypoints') or []
        found = ', '.join(
            f'{c.get("name")!r} with {len(c.get("keypoints") or [])} keypoints'
            for c in fitting or categories)
        wanted = '' if names is None else f' with {len(names)} keypoints'
        raise ValueError(f'{self.path}: expected exactly one category{wanted}, found '
                         f'{found or len(fitting)}')
