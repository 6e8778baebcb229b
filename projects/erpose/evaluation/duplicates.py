"""How often a system reports the same person twice."""
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import torch
from xtcocotools.coco import COCO

from erpose.annotations.keypoint_boxes import AREA_PER_BOX
from erpose.structures import pairwise_oks

MATCH_OKS = 0.5
DEPLOYED_SCORE = 0.3
"""Score from which ``erpose predict`` shows a person by default."""


class DuplicateRates(NamedTuple):
    """Shares in [0, 1] of the matched detections that repeat a person; 0 if none match.

    Attributes:
        at_best_f1 (float): Among the detections down to the score of the best F1, the point
            at which a system would be used: raw lists hold as many low-scored repeats as
            their length allows.
        deployed (float): Among those that score more than :data:`DEPLOYED_SCORE`.
    """
    at_best_f1: float
    deployed: float


def duplicate_rates(ground_truth: COCO, detections: COCO, sigmas: Sequence[float],
                    flip_indices: Sequence[int], use_area: bool) -> DuplicateRates:
    """How many of the matched detections repeat a person (ours).

    A detection belongs to the person with whom it has the highest similarity, if that is
    at least 0.5: the larger of its OKS and of its OKS with left and right exchanged.
    (Plain OKS does not see a person who is drawn a second time the other way round.) All
    but the best-scored detection of a person are duplicates.

    Args:
        ground_truth (COCO): With persons' keypoints.
        detections (COCO): Results loaded by ``ground_truth.loadRes``.
        sigmas (Sequence[float]): Keypoint sigmas, (K, ).
        flip_indices (Sequence[int]): Of each keypoint, that of the other side, (K, ).
        use_area (bool): Use the annotated area, else 0.53 x box.
    """
    scores: List[float] = []
    persons: List[Optional[int]] = []
    num_persons = 0
    for image_id in ground_truth.getImgIds():
        gts = persons_of(ground_truth, image_id)
        dets = detections.loadAnns(detections.getAnnIds(imgIds=[image_id]))
        scores.extend(d['score'] for d in dets)
        persons.extend(_match(gts, dets, sigmas, flip_indices, use_area))
        num_persons += len(gts)
    order = np.argsort(-np.array(scores), kind='stable')
    found, repeated = _count(persons, order)
    if not len(order) or not found[-1]:
        return DuplicateRates(0.0, 0.0)
    f1 = 2 * found / (np.arange(1, len(order) + 1) + num_persons)
    rates = repeated / np.maximum(found + repeated, 1)
    shown = sum(score > DEPLOYED_SCORE for score in scores)
    return DuplicateRates(float(rates[f1.argmax()]),
                          float(rates[shown - 1]) if shown else 0.0)


def persons_of(coco: COCO, image_id: int) -> List[dict]:
    """Who is to be found: people with a labelled keypoint, crowd regions left out."""
    anns = coco.loadAnns(coco.getAnnIds(imgIds=[image_id]))
    return [a for a in anns if a['num_keypoints'] > 0 and not a['iscrowd']]


def _match(gts: List[dict], dets: List[dict], sigmas: Sequence[float],
           flip_indices: Sequence[int], use_area: bool) -> List[Optional[int]]:
    """The id of the person each detection belongs to, None if to none."""
    if not gts or not dets:
        return [None] * len(dets)
    pred = torch.tensor([d['keypoints'] for d in dets]).unflatten(-1, (-1, 3))[..., :2]
    target = torch.tensor([g['keypoints'] for g in gts],
                          dtype=torch.float32).unflatten(-1, (-1, 3))
    area = torch.tensor([
        float(g['area'] if use_area else AREA_PER_BOX * g['bbox'][2] * g['bbox'][3])
        for g in gts
    ])
    best, person = torch.maximum(*(
        pairwise_oks(view, target[..., :2], (target[..., 2] > 0).float(), area,
                     torch.as_tensor(sigmas))
        for view in (pred, pred[:, list(flip_indices)]))).max(0)
    return [
        gts[p]['id'] if o >= MATCH_OKS else None
        for o, p in zip(best.tolist(), person.tolist())
    ]


def _count(persons: List[Optional[int]],
           order: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Persons found and repetitions among the first n detections, for each n."""
    seen, found, repeated = set(), [], []
    for person in (persons[i] for i in order):
        found.append(person is not None and person not in seen)
        repeated.append(person is not None and person in seen)
        seen.add(person)
    return np.cumsum(found), np.cumsum(repeated)
