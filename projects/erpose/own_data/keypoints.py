"""Keypoints of a data set: names, mirror images, skeleton, sigmas."""
from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from erpose.annotations.mirrored_names import is_left, mirrored_name, mirrored_pairs
from erpose.imaging.keypoint_names import plain_name

SIGMA = 0.05
"""Default sigma of a keypoint, see docs/own_data.md."""
GREEN, ORANGE, BLUE = [0, 255, 0], [255, 128, 0], [51, 153, 255]
"""Colours of left, right and central keypoints, as MMPose draws COCO's."""
COCO_SIGMAS = dict(
    nose=0.026, left_eye=0.025, right_eye=0.025, left_ear=0.035, right_ear=0.035,
    left_shoulder=0.079, right_shoulder=0.079, left_elbow=0.072, right_elbow=0.072,
    left_wrist=0.062, right_wrist=0.062, left_hip=0.107, right_hip=0.107,
    left_knee=0.087, right_knee=0.087, left_ankle=0.089, right_ankle=0.089)
"""COCO's 17 keypoints, in order."""
COCO_FLIPS = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
COCO_LIMBS = [(15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6),
              (5, 7), (6, 8), (7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4),
              (3, 5), (4, 6)]


@dataclass(frozen=True)
class Keypoints:
    """The keypoints of a data set, K of them, in the order of its annotations.

    Attributes:
        names (list[str]): Unique.
        flips (list[int]): Index of each keypoint's mirror image; its own index if it has no
            side.
        limbs (list[tuple[int, int]]): Skeleton: pairs of keypoint indices, from 0.
        sigmas (list[float]): Sigmas of COCO's OKS.
    """
    names: List[str]
    flips: List[int]
    limbs: List[Tuple[int, int]]
    sigmas: List[float]


def describe(number: int, names: Optional[Sequence[Any]] = None,
             skeleton: Any = None,
             flips: Optional[List[int]] = None) -> Keypoints:
    """Completes the description of a data set's keypoints.

    Args:
        number (int): K.
        names (Sequence): K names. Empty and repeated ones are numbered. Defaults to None:
            COCO's names if ``flips`` is COCO's, else keypoint_1 to keypoint_K.
        skeleton (list): Pairs of names, or of numbers from 1 as in COCO (from 0 if they
            contain a 0). Invalid pairs are dropped. Optional.
        flips (list[int]): Permutation by a horizontal flip. If None or the identity, pairs
            of left and right are found by their names. Defaults to None.
    """
    if names is None:
        names = list(COCO_SIGMAS) if flips == COCO_FLIPS else [''] * number
    names = _unique([str(name).strip() for name in names])
    if flips in (None, list(range(number))):
        flips = list(range(number))
        for left, right in mirrored_pairs(names):
            a, b = names.index(left), names.index(right)
            flips[a], flips[b] = b, a
    of_coco = [plain_name(name) for name in names] == list(COCO_SIGMAS)
    limbs = _limbs(skeleton, names) or (COCO_LIMBS if of_coco else [])
    sigmas = list(COCO_SIGMAS.values()) if of_coco else [SIGMA] * number
    return Keypoints(names, flips, limbs, sigmas)


def dataset_info(keypoints: Keypoints, name: str) -> str:
    """Text of a metainfo file of MMPose."""
    names = keypoints.names
    points = [
        f'        {k}: dict(name={n!r}, id={k}, color={_colour(keypoints, k)}, type=\'\', '
        f'swap={names[keypoints.flips[k]] if keypoints.flips[k] != k else ""!r}),'
        for k, n in enumerate(names)]
    limbs = [f'        {i}: dict(link=({names[a]!r}, {names[b]!r}), id={i}, '
             f'color={_limb_colour(keypoints, a, b)}),'
             for i, (a, b) in enumerate(keypoints.limbs)]
    return '\n'.join([
        '# Keypoints in the order of the annotation file. swap: what a horizontal flip',
        '# turns it into. sigmas: how precisely it can be annotated, relative to the size',
        '# of the object; 0.025 is an eye, 0.107 a hip.',
        'dataset_info = dict(',
        f'    dataset_name={name!r},',
        '    paper_info=dict(),',
        '    keypoint_info={', *points, '    },',
        '    skeleton_info={', *limbs, '    },',
        f'    joint_weights=[1.0] * {len(names)},',
        f'    sigmas={_list(keypoints.sigmas)})', ''])


def table(keypoints: Keypoints) -> List[str]:
    """Lines of a table for the user: keypoint, flips with, sigma, linked to."""
    names = keypoints.names
    linked = [[names[b if a == k else a] for a, b in keypoints.limbs if k in (a, b)]
              for k in range(len(names))]
    rows = [('keypoint', 'flips with', 'sigma', 'linked to'), *(
        (name, names[other] if other != k else '-', f'{keypoints.sigmas[k]:g}',
         ', '.join(linked[k]) or '-')
        for k, (name, other) in enumerate(zip(names, keypoints.flips)))]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ['  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in rows]


def _unique(names: List[str]) -> List[str]:
    counts = Counter(names)
    unique = [name if name and counts[name] == 1 else f'{name or "keypoint"}_{k + 1}'
              for k, name in enumerate(names)]
    return unique if len(set(unique)) == len(unique) else [
        f'keypoint_{k + 1}' for k in range(len(names))]


def _limbs(skeleton: Any, names: List[str]) -> List[Tuple[int, int]]:
    pairs = [tuple(pair) for pair in (skeleton if isinstance(skeleton, list) else [])
             if isinstance(pair, (list, tuple)) and len(pair) == 2]
    first = 0 if any(0 in pair for pair in pairs) else 1
    numbers: Dict[Union[str, int], int] = {name: k for k, name in enumerate(names)}
    numbers.update({k + first: k for k in range(len(names))})
    known = [(numbers[a], numbers[b]) for a, b in pairs
             if isinstance(a, (int, str)) and isinstance(b, (int, str))
             and a in numbers and b in numbers and a != b]
    return list(dict.fromkeys(known))


def _colour(keypoints: Keypoints, k: int) -> List[int]:
    other, name = keypoints.flips[k], keypoints.names[k]
    if other == k:
        return BLUE
    left = is_left(name) if mirrored_name(name) else k < other
    return GREEN if left else ORANGE


def _limb_colour(keypoints: Keypoints, a: int, b: int) -> List[int]:
    sides = [c for c in (_colour(keypoints, a), _colour(keypoints, b)) if c != BLUE]
    return sides[0] if sides and sides[0] == sides[-1] else BLUE


def _list(sigmas: List[float]) -> str:
    if len(set(sigmas)) == 1:
        return f'[{sigmas[0]}] * {len(sigmas)}'
    return '[' + ', '.join(map(str, sigmas)) + ']'
