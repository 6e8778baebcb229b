"""A training or validation set as it was found: checked, not yet written."""
import copy
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, List, Optional, Set, Tuple

from erpose.annotations.annotation_report import AnnotationReport
from erpose.annotations.coco_file import complete_annotations, is_id
from erpose.annotations.image_paths import base_name
from erpose.annotations.keypoint_categories import Category
from erpose.annotations.usable_images import usable_images

from .keypoints import Keypoints

SHARE = 0.1
"""Of the images that validate where no validation set is given."""


@dataclass
class Subset:
    """Images and their annotations.

    Attributes:
        source (str): The file they come from, for messages.
        images (Path): Folder of the images.
        content (dict): In COCO's format, as the source has it.
        ann_file (Path | None): COCO file that has exactly this content; None if it is to be
            written.
        negatives (bool): Whether images without annotations show nobody, as in YOLO, and
            not only nobody labelled.
        labelled (set[int]): Ids of the images with a labelled individual.
        notes (list[str]): What a user should know of it.
    """
    source: str
    images: Path
    content: dict
    ann_file: Optional[Path] = None
    negatives: bool = False
    labelled: Set[int] = field(default_factory=set)
    notes: List[str] = field(default_factory=list)

    @property
    def num_empty(self) -> int:
        """Images without annotations."""
        annotated = {ann['image_id'] for ann in self.content['annotations']
                     if _has_image(ann)}
        return len({image['id'] for image in self.content['images']} - annotated)

    @property
    def keep_empty(self) -> bool:
        """Whether there are images without individuals to train on."""
        return self.negatives and self.num_empty > 0

    @property
    def num_images(self) -> int:
        """How many images a training takes."""
        return len(self.content['images'] if self.keep_empty else self.labelled)

    def check(self, keypoints: Keypoints, category: Optional[Category], use: str) -> None:
        """Checks it as a training will, and fills in ``labelled`` and adds to ``notes``.

        Args:
            keypoints (Keypoints): Of the data set.
            category (int | str | Sequence): The chosen one.
            use (str): train or test, for messages.

        Raises:
            FileNotFoundError: If no image is there.
            ValueError: If the annotations cannot be used, see
                :func:`complete_annotations`.
        """
        report, content = AnnotationReport(self.source), copy.deepcopy(self.content)
        usable = usable_images(content['images'], str(self.images), report,
                               'Name their folder with --images')
        metainfo = dict(num_keypoints=len(keypoints.names),
                        keypoint_id2name=dict(enumerate(keypoints.names)))
        complete_annotations(content, metainfo, category, report, use)
        self.labelled = {ann['image_id'] for ann in content['annotations']
                         if ann['num_keypoints'] and not ann['iscrowd']} & set(usable)
        if not self.labelled:
            raise report.refuse(use, len(usable))
        self.notes += [f'{self.source}: {line}' for line in report.lines]

    def shared_images(self, other: 'Subset') -> int:
        """How many images are in both."""
        ours, theirs = ({subset.images / image['file_name']
                         for image in subset.content['images']} for subset in (self, other))
        return len(ours & theirs)

    def split(self, share: float = SHARE) -> Tuple['Subset', 'Subset']:
        """Takes images with individuals away for validation: the same at every call.

        The hash of an image's name decides, so that they are spread over the set.

        Raises:
            ValueError: If there is one image alone.
        """
        names = {image['id']: image['file_name'] for image in self.content['images']}
        order = sorted(self.labelled, key=lambda i: (_hash(names[i]), i))
        number = max(1, round(share * len(order)))
        if number == len(order):
            raise ValueError(f'{self.source}: one image has labelled keypoints, two are '
                             'needed to train and to validate. Label more, or name a '
                             'validation set with --val')
        chosen = set(order[:number])
        train = self._part(lambda image_id: image_id not in chosen)
        train.notes = self.notes
        return train, self._part(lambda image_id: image_id in chosen)

    def _part(self, belongs: Callable[[Any], bool]) -> 'Subset':
        content = dict(
            self.content,
            images=[i for i in self.content['images'] if belongs(i['id'])],
            annotations=[a for a in self.content['annotations']
                         if _has_image(a) and belongs(a['image_id'])])
        return Subset(self.source, self.images, content, negatives=self.negatives,
                      labelled=set(filter(belongs, self.labelled)))


def _has_image(ann: Any) -> bool:
    return isinstance(ann, dict) and is_id(ann.get('image_id'))


def _hash(name: str) -> str:
    return hashlib.md5(base_name(name).encode('utf-8', 'replace')).hexdigest()
