"""Errors of keypoints by kind, and the AP that repairing each would give.

The kinds are those of Ronchi and Perona, "Benchmarking and Error Diagnosis in
Multi-Instance Pose Estimation" (arXiv 1707.05388).
"""
import contextlib
import copy
import io
from functools import partial
from itertools import chain
from typing import Dict, Iterator, List, NamedTuple, Sequence

import numpy as np
import torch
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from erpose.evaluation.duplicates import persons_of
from erpose.structures import keypoint_error, pairwise_oks

KINDS = ('jitter', 'inversion', 'swap', 'miss')
"""A wrong keypoint is near its place, on the wrong side, on another person, or far off."""
GOOD, NEAR = 0.85, 0.5
"""A keypoint above the first similarity is right; above the second it is near."""
FOUND_OKS = 0.5
"""A detection of higher OKS finds a person."""
MATCH_OKS = 0.1
"""A detection belongs to the person of highest OKS if that OKS is at least this."""
SIZES = {'small, under 64': (0, 64), '64 to 128': (64, 128), '128 and more': (128, np.inf)}
"""Ranges of a person's size: square root of the area, in pixels."""


class Image(NamedTuple):
    """The N detections of an image, matched with its G persons."""
    detections: List[dict]
    persons: List[dict]
    oks: np.ndarray
    """OKS of each person and detection, (G, N)."""
    person: np.ndarray
    """Index of the person that each detection belongs to, -1: none, (N, )."""
    kinds: np.ndarray
    """Index of each keypoint's kind of error, -1: right or not labelled, (N, K)."""


def diagnose(images: List[Image], ground_truth: COCO, sigmas: Sequence[float]) -> dict:
    """Counts the errors of a system's results.

    Args:
        images (list[Image]): From :func:`match`.
        ground_truth (COCO): The annotations they were matched with.
        sigmas (Sequence[float]): Keypoint sigmas, (K, ).

    Returns:
        dict: ``repaired``: AP as found, with each kind of keypoint error repaired, with
        each person's best pose first, ranked by OKS, without duplicates, and without false
        positives.
        ``keypoints``: share of each kind among the labelled keypoints of the best scored
        detection of each found person. ``persons``: by size, their number, the share with
        a detection of OKS > 0.5, and the mean of the best OKS. ``rank correlation``:
        Spearman's, of score and OKS, over the best scored detections of the persons.
    """
    changes = {'as found': lambda image: image.detections}
    changes.update({f'without {name}': partial(_repair, kind=kind)
                    for kind, name in enumerate(KINDS)})
    changes.update({'ranked by OKS': _rank_by_oks,
                    'without duplicates': _without_duplicates,
                    'without false positives': _without_background})
    repaired = {}
    for name, change in changes.items():
        fixed = list(chain.from_iterable(map(change, images)))
        repaired[name] = average_precision(ground_truth, fixed, sigmas)
    return dict(repaired=repaired, keypoints=_shares(images), persons=_by_size(images),
                **{'rank correlation': _rank_correlation(images)})


def match(ground_truth: COCO, people: List[dict], sigmas: Sequence[float],
          flip_indices: Sequence[int]) -> Iterator[Image]:
    """Matches results with the persons of each image, in the order of image ids.

    Args:
        ground_truth (COCO): With persons' keypoints and areas.
        people (list[dict]): Detections in COCO's result format.
        sigmas (Sequence[float]): Keypoint sigmas, (K, ).
        flip_indices (Sequence[int]): Index of each keypoint's mirror image.
    """
    by_image: Dict[int, list] = {i: [] for i in ground_truth.getImgIds()}
    for person in people:
        by_image[person['image_id']].append(person)
    sigmas, flip = torch.as_tensor(sigmas), torch.as_tensor(flip_indices)
    for image_id, detections in sorted(by_image.items()):
        persons = persons_of(ground_truth, image_id)
        if not persons or not detections:
            yield Image(detections, persons, np.zeros((len(persons), len(detections))),
                        np.full(len(detections), -1),
                        np.full((len(detections), len(sigmas)), -1))
            continue
        found = torch.from_numpy(poses_of(detections)).float()[..., :2]
        truth = torch.from_numpy(poses_of(persons)).float()
        labelled = truth[..., 2] > 0
        area = torch.tensor([float(person['area']) for person in persons])
        oks = pairwise_oks(found, truth[..., :2], labelled.float(), area, sigmas)
        best, person = oks.max(0)
        similarity, mirrored = (
            torch.exp(-keypoint_error(found[None], goal[:, None], area[:, None], sigmas))
            * there[:, None]  # (G, N, K)
            for goal, there in ((truth[..., :2], labelled),
                                (truth[:, flip, :2], labelled[:, flip])))
        row = torch.arange(len(detections))
        own, other_side = similarity[person, row], mirrored[person, row]
        others = torch.maximum(similarity, mirrored)
        others[person, row] = 0
        kinds = torch.full(own.shape, KINDS.index('miss'))
        kinds[others.amax(0) > NEAR] = KINDS.index('swap')
        kinds[(other_side > NEAR) & (flip != torch.arange(len(flip)))] = (
            KINDS.index('inversion'))
        kinds[own > NEAR] = KINDS.index('jitter')
        person[best < MATCH_OKS] = -1
        kinds[(own > GOOD) | ~labelled[person] | (person < 0)[:, None]] = -1
        yield Image(detections, persons, oks.numpy(), person.numpy(), kinds.numpy())


def average_precision(ground_truth: COCO, people: List[dict],
                      sigmas: Sequence[float]) -> float:
    """COCO's keypoint AP."""
    if not people:
        return 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        results = ground_truth.loadRes(copy.deepcopy(people))
        evaluation = COCOeval(ground_truth, results, 'keypoints', np.asarray(sigmas))
        evaluation.params.useSegm = None
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


def poses_of(people: List[dict]) -> np.ndarray:
    """x, y and visibility of keypoints, float64, (N, K, 3); (0, 0, 3) without people."""
    keypoints = np.array([person['keypoints'] for person in people], float)
    return keypoints.reshape(len(people), keypoints.size // max(len(people), 1) // 3, 3)


def _repair(image: Image, kind: int) -> List[dict]:
    fixed, wrong = poses_of(image.detections), image.kinds == kind
    if wrong.any():
        truth = poses_of(image.persons)[image.person]
        fixed[wrong, :2] = truth[wrong, :2]
    return [dict(detection, keypoints=pose.ravel().tolist())
            for detection, pose in zip(image.detections, fixed)]


def _rank_by_oks(image: Image) -> List[dict]:
    people = [dict(detection) for detection in image.detections]
    for person, index in _best_of_each(image, image.oks.max(0, initial=0)).items():
        people[index]['score'] = 1 + float(image.oks[person, index])
    return people


def _finders(image: Image) -> Dict[int, int]:
    """Index of the best scored detection of each person that has one."""
    return _best_of_each(image, [detection['score'] for detection in image.detections])


def _best_of_each(image: Image, values: Sequence[float]) -> Dict[int, int]:
    """Index of the detection with the highest value of each person that has one."""
    best: Dict[int, int] = {}
    for index in np.argsort(-np.asarray(values), kind='stable'):
        best.setdefault(int(image.person[index]), int(index))
    best.pop(-1, None)
    return best


def _without_duplicates(image: Image) -> List[dict]:
    finders = set(_finders(image).values())
    return [d for i, d in enumerate(image.detections)
            if image.person[i] < 0 or i in finders]


def _without_background(image: Image) -> List[dict]:
    return [d for d, person in zip(image.detections, image.person) if person >= 0]


def _shares(images: List[Image]) -> Dict[str, float]:
    counts, total = np.zeros(len(KINDS)), 0
    for image in images:
        for person, index in _finders(image).items():
            total += sum(v > 0 for v in image.persons[person]['keypoints'][2::3])
            counts += [(image.kinds[index] == kind).sum() for kind in range(len(KINDS))]
    shares = dict(zip(KINDS, (counts / max(total, 1)).tolist()))
    return dict(good=1 - sum(shares.values()) if total else 0.0, **shares)


def _by_size(images: List[Image]) -> Dict[str, dict]:
    sizes = [person['area']**0.5 for image in images for person in image.persons]
    best = [oks for image in images for oks in image.oks.max(1, initial=0)]
    sizes, best = np.array(sizes), np.array(best)
    rows = {}
    for name, (low, high) in SIZES.items():
        of = best[(low <= sizes) & (sizes < high)]
        if len(of):
            rows[name] = dict(number=len(of), found=float((of > FOUND_OKS).mean()),
                              oks=float(of.mean()))
    return rows


def _rank_correlation(images: List[Image]) -> float:
    pairs = [(image.detections[index]['score'], image.oks[person, index])
             for image in images for person, index in _finders(image).items()]
    if len(pairs) < 2:
        return 0.0
    from scipy.stats import spearmanr
    return float(spearmanr(*zip(*pairs)).statistic)
