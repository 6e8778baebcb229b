"""Duplicate rate: how often a system reports the same person twice."""
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import torch
from xtcocotools.coco import COCO

from erpose.annotations.keypoint_boxes import AREA_PER_BOX
from erpose.structures import pairwise_oks

MATCH_OKS = 0.5
DEPLOYED_SCORE = 0.3
"""Default score threshold of ``erpose predict``."""


class DuplicateRates(NamedTuple):
    """Shares in [0, 1] of the matched detections that repeat a person; 0 if none match.

    Attributes:
        at_best_f1 (float): Among the detections down to the score of the best F1, where a
            system would be used. Below it, the number of repeats depends on the length of
            the list.
        deployed (float): Among those that score more than :data:`DEPLOYED_SCORE`.
    """
    at_best_f1: float
    deployed: float


def duplicate_rates(ground_truth: COCO, detections: COCO, sigmas: Sequence[float],
                    flip_indices: Sequence[int], use_area: bool) -> DuplicateRates:
    """Computes the share of matched detections that repeat a person (ours).

    The similarity of a detection and a person is the larger of their OKS and their OKS with
    left and right exchanged. (Plain OKS misses a duplicate with left and right exchanged.)
    A detection matches the most similar person if the similarity is at least 0.5. All but
    the best-scored detection of a person are duplicates.

    Args:
        ground_truth (COCO): Annotated keypoints.
        detections (COCO): Results loaded by ``ground_truth.loadRes``.
        sigmas (Sequence[float]): Keypoint sigmas, (K, ).
        flip_indices (Sequence[int]): Index of each keypoint's mirror image, (K, ).
        use_area (bool): Use the annotated area, else 0.53 times the box area.
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
    """Annotations with a labelled keypoint, without crowd regions."""
    anns = coco.loadAnns(coco.getAnnIds(imgIds=[image_id]))
    return [a for a in anns if a['num_keypoints'] > 0 and not a['iscrowd']]


def _match(gts: List[dict], dets: List[dict], sigmas: Sequence[float],
           flip_indices: Sequence[int], use_area: bool) -> List[Optional[int]]:
    """Id of the person that each detection matches, or None."""
    if not gts or not dets:
        return [None] * len(dets)
    pred = torch.tensor([d['keypoints'] for d in dets]).unflatten(-1, (-1, 3))[..., :2]
    target = torch.tensor([g['keypoints'] for g in gts],
                          dtype=torch.float32).unflatten(-1, (-1, 3))
    area = torch.tensor([
        float(g['area'] if use_area else AREA_PER_BOX * g['bbox'][2] * g['bbox'][3])
        for g in gts
    ])
    best_oks, person_index = torch.maximum(*(
        pairwise_oks(view, target[..., :2], (target[..., 2] > 0).float(), area,
                     torch.as_tensor(sigmas))
        for view in (pred, pred[:, list(flip_indices)]))).max(0)
    return [
        gts[index]['id'] if oks >= MATCH_OKS else None
        for oks, index in zip(best_oks.tolist(), person_index.tolist())
    ]


def _count(persons: List[Optional[int]],
           order: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Numbers of persons found and of duplicates among the first n detections, each n."""
    seen, found, repeated = set(), [], []
    for person in (persons[i] for i in order):
        found.append(person is not None and person not in seen)
        repeated.append(person is not None and person in seen)
        seen.add(person)
    return np.cumsum(found), np.cumsum(repeated)
