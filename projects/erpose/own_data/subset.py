"""A training or validation set before it is written."""
import copy
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, List, Optional, Set, Tuple

from erpose.annotations.annotation_report import AnnotationReport
from erpose.annotations.coco_file import complete_annotations, is_id
from erpose.annotations.keypoint_categories import Category
from erpose.annotations.usable_images import usable_images
from erpose.imaging.image_names import base_name

from .keypoints import Keypoints

SHARE = 0.1
"""Share of images for validation if there is no validation set."""


@dataclass
class Subset:
    """Images and their annotations.

    Attributes:
        source (str): The source file, for messages.
        images (Path): Folder of the images.
        content (dict): Content of the source in COCO's format.
        ann_file (Path | None): COCO file with exactly this content, None if it must be
            written.
        negatives (bool): Whether images without annotations are negatives, as in YOLO;
            otherwise they may show unlabelled individuals.
        labelled (set[int]): Ids of the images with a labelled individual.
        notes (list[str]): Messages for the user.
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
        """Number of images without annotations."""
        annotated = {ann['image_id'] for ann in self.content['annotations']
                     if _has_image(ann)}
        return len({image['id'] for image in self.content['images']} - annotated)

    @property
    def keep_empty(self) -> bool:
        """Whether there are negative images to train on."""
        return self.negatives and self.num_empty > 0

    @property
    def num_images(self) -> int:
        """Number of images used in training."""
        return len(self.content['images'] if self.keep_empty else self.labelled)

    def check(self, keypoints: Keypoints, category: Optional[Category], use: str) -> None:
        """Checks the set as training does; fills ``labelled`` and adds to ``notes``.

        Args:
            keypoints (Keypoints): Keypoints of the data set.
            category (int | str | Sequence): The chosen category.
            use (str): 'train' or 'test', for messages.

        Raises:
            FileNotFoundError: If no image exists.
            ValueError: If the annotations cannot be used, see
                :func:`complete_annotations`.
        """
        report, content = AnnotationReport(self.source), copy.deepcopy(self.content)
        usable = usable_images(content['images'], str(self.images), report,
                               'Set their folder with --images')
        metainfo = dict(num_keypoints=len(keypoints.names),
                        keypoint_id2name=dict(enumerate(keypoints.names)))
        complete_annotations(content, metainfo, category, report, use)
        self.labelled = {ann['image_id'] for ann in content['annotations']
                         if ann['num_keypoints'] and not ann['iscrowd']} & set(usable)
        if not self.labelled:
            raise report.refuse(use, len(usable))
        self.notes += [f'{self.source}: {line}' for line in report.lines]

    def shared_images(self, other: 'Subset') -> int:
        """Number of images that are in both sets."""
        ours, theirs = ({subset.images / image['file_name']
                         for image in subset.content['images']} for subset in (self, other))
        return len(ours & theirs)

    def split(self, share: float = SHARE) -> Tuple['Subset', 'Subset']:
        """Splits off images with individuals for validation, the same in every call.

        Images are chosen by the hash of their names, so that they are spread over the set.

        Raises:
            ValueError: If only one image has labelled keypoints.
        """
        names = {image['id']: image['file_name'] for image in self.content['images']}
        order = sorted(self.labelled, key=lambda i: (_hash(names[i]), i))
        number = max(1, round(share * len(order)))
        if number == len(order):
            raise ValueError(f'{self.source}: only one image has labelled keypoints, but '
                             'training and validation need two. Label more images, or set '
                             'a validation set with --val')
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
