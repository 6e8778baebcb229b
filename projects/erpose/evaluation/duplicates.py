"""How often a system reports the same person twice."""
from typing import List, Optional

import numpy as np
import torch
from xtcocotools.coco import COCO

from erpose.structures import AREA_PER_BOX, pairwise_oks

MATCH_OKS = 0.5


def duplicate_rate(ground_truth: COCO, detections: COCO, sigmas, use_area: bool) -> float:
    """Share of the matched detections that repeat a person (ours).

    Each detection belongs to the person with whom it has the highest OKS, if that is at
    least 0.5. All but the best-scored detection of a person are duplicates. Only
    detections above the score threshold of the system's best F1 count, the point at which
    it would be used: raw lists hold as many low-scored repeats as their length allows.

    Args:
        ground_truth (COCO): With persons' keypoints.
        detections (COCO): Results loaded by ``ground_truth.loadRes``.
        sigmas (Sequence[float]): Keypoint sigmas, (K, ).
        use_area (bool): Use the annotated area, else 0.53 x box.

    Returns:
        float: In [0, 1]; 0 where nothing is matched.
    """
    scores, persons, num_persons = [], [], 0
    for image_id in ground_truth.getImgIds():
        gts = persons_of(ground_truth, image_id)
        dets = detections.loadAnns(detections.getAnnIds(imgIds=[image_id]))
        scores.extend(d['score'] for d in dets)
        persons.extend(_match(gts, dets, sigmas, use_area))
        num_persons += len(gts)
    return _rate_at_best_f1(np.array(scores), persons, num_persons)


def persons_of(coco: COCO, image_id: int) -> List[dict]:
    """Who is to be found: people with a labelled keypoint, crowd regions left out."""
    anns = coco.loadAnns(coco.getAnnIds(imgIds=[image_id]))
    return [a for a in anns if a['num_keypoints'] > 0 and not a['iscrowd']]


def _match(gts: List[dict], dets: List[dict], sigmas, use_area) -> List[Optional[int]]:
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
    best, person = pairwise_oks(pred, target[..., :2], (target[..., 2] > 0).float(), area,
                                torch.as_tensor(sigmas)).max(0)
    return [
        gts[p]['id'] if o >= MATCH_OKS else None
        for o, p in zip(best.tolist(), person.tolist())
    ]


def _rate_at_best_f1(scores: np.ndarray, persons: List, num_persons: int) -> float:
    seen = set()
    found, repeated = [], []
    for i in np.argsort(-scores, kind='stable'):
        matched = persons[i] is not None
        repeated.append(matched and persons[i] in seen)
        found.append(matched and persons[i] not in seen)
        seen.add(persons[i])
    if not any(found):
        return 0.0
    found, repeated = np.cumsum(found), np.cumsum(repeated)
    f1 = 2 * found / (np.arange(1, len(found) + 1) + num_persons)
    best = int(f1.argmax())
    return float(repeated[best] / (found[best] + repeated[best]))
