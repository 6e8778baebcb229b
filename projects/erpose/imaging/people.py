"""Prediction results: the people in one image."""
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Iterator, List, NamedTuple, Optional

import numpy as np

from .coco_ids import CocoIds

if TYPE_CHECKING:
    import supervision


class Person(NamedTuple):
    """One of :class:`People`.

    Attributes:
        keypoints (np.ndarray): x, y, (K, 2).
        visibilities (np.ndarray): (K, ).
        score (float): Score of the pose.
        box (np.ndarray): x1, y1, x2, y2, (4, ).
        id (int, optional): Track id, None if people are not tracked.
    """
    keypoints: np.ndarray
    visibilities: np.ndarray
    score: float
    box: np.ndarray
    id: Optional[int] = None


@dataclass(frozen=True, eq=False)
class People:
    """N people of one image, best first, in pixels of that image.

    Attributes:
        keypoints (np.ndarray): x, y, float32, (N, K, 2).
        visibilities (np.ndarray): Probability that the keypoint is in the image, float32,
            (N, K).
        scores (np.ndarray): Scores of the poses, in [0, 1], to rank them. float32, (N, ).
        boxes (np.ndarray): Boxes around the keypoints, x1, y1, x2, y2, float32, (N, 4).
        ids (np.ndarray, optional): Track ids, from 1 in each video; -1 without a track.
            int, (N, ). None if people are not tracked.

    Example:
        >>> people = People(np.zeros((3, 17, 2)), np.ones((3, 17)),
        ...                 np.array([0.9, 0.6, 0.2]), np.zeros((3, 4)))
        >>> len(people[people.scores > 0.5]), len(people[0]), len(people[1:])
        (2, 1, 2)
        >>> [person.score for person in people]
        [0.9, 0.6, 0.2]
    """
    keypoints: np.ndarray
    visibilities: np.ndarray
    scores: np.ndarray
    boxes: np.ndarray
    ids: Optional[np.ndarray] = None

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Any) -> 'People':
        """Selects people by a mask, indices, a slice or one index."""
        if isinstance(index, (int, np.integer)):
            index = [index]
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: part[index] for name, part in parts.items()
                                if part is not None})

    def __iter__(self) -> Iterator[Person]:
        ids = [None] * len(self) if self.ids is None else self.ids.tolist()
        return map(Person, self.keypoints, self.visibilities, self.scores.tolist(),
                   self.boxes, ids)

    def replace(self, **changes: Any) -> 'People':
        """Returns a copy with changed attributes."""
        return replace(self, **changes)

    def above(self, threshold: float) -> 'People':
        """Selects the people that score more than the threshold."""
        return self[self.scores > threshold]

    def to_coco(self, image_id: Any, decimals: int = 2, ids: Optional[CocoIds] = None,
                category_id: int = 1) -> List[dict]:
        """Converts to COCO's result format, one dictionary per person.

        Args:
            image_id: Id of the image; with ``ids``, its name or path.
            decimals (int): Decimals of coordinates and visibilities. Defaults to 2.
            ids (CocoIds, optional): Takes ids, category and order of keypoints from an
                annotation file, as pycocotools' ``loadRes`` expects. Defaults to None.
            category_id: Category if ``ids`` is None. Defaults to 1, COCO's person.

        Raises:
            ValueError: If the annotation file does not list the image.
        """
        triples = np.concatenate([self.keypoints, self.visibilities[..., None]], -1)
        if ids is not None:
            image_id, category_id = ids.image_id(image_id), ids.category_id
            triples = triples if ids.order is None else triples[:, ids.order]
        width_height = self.boxes[:, 2:] - self.boxes[:, :2]
        boxes = np.concatenate([self.boxes[:, :2], width_height], -1)
        found = [
            dict(image_id=image_id, category_id=category_id,
                 keypoints=[round(float(v), decimals) for v in triple.ravel()],
                 bbox=[round(float(v), decimals) for v in box],
                 score=round(float(score), 5))
            for triple, box, score in zip(triples, boxes, self.scores)
        ]
        if self.ids is not None:
            for person, track_id in zip(found, self.ids.tolist()):
                person['track_id'] = track_id
        return found

    def to_supervision(self) -> 'supervision.KeyPoints':
        """Converts to supervision's ``KeyPoints``.

        Raises:
            ImportError: If supervision is not installed.
        """
        try:
            import supervision
        except ImportError:
            raise ImportError('to_supervision() needs supervision: pip install '
                              'supervision') from None
        return supervision.KeyPoints(
            self.keypoints, keypoint_confidence=self.visibilities,
            detection_confidence=self.scores,
            data={} if self.ids is None else dict(tracker_id=self.ids))
