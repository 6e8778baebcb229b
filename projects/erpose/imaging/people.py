"""What a prediction is: the people of one image."""
from typing import List, NamedTuple

import numpy as np


class People(NamedTuple):
    """N people of one image, best first, in pixels of that image.

    Attributes:
        keypoints (np.ndarray): x, y, float32, (N, K, 2).
        visibilities (np.ndarray): Probability that the keypoint is in the picture,
            float32, (N, K).
        scores (np.ndarray): Of the poses, in [0, 1]: they rank them. float32, (N, ).
        boxes (np.ndarray): Around the keypoints, x1, y1, x2, y2, float32, (N, 4).
    """
    keypoints: np.ndarray
    visibilities: np.ndarray
    scores: np.ndarray
    boxes: np.ndarray

    def above(self, threshold: float) -> 'People':
        """Those that score more than the threshold."""
        kept = self.scores > threshold
        return People(*(field[kept] for field in self))

    def to_coco(self, image_id, decimals: int = 2) -> List[dict]:
        """In COCO's result format, one dictionary a person."""
        triples = np.concatenate([self.keypoints, self.visibilities[..., None]], -1)
        width_height = self.boxes[:, 2:] - self.boxes[:, :2]
        boxes = np.concatenate([self.boxes[:, :2], width_height], -1)
        return [
            dict(image_id=image_id, category_id=1,
                 keypoints=[round(float(v), decimals) for v in triple.ravel()],
                 bbox=[round(float(v), decimals) for v in box],
                 score=round(float(score), 5))
            for triple, box, score in zip(triples, boxes, self.scores)
        ]
