"""Finds labelled keypoints with impossible coordinates."""
from typing import Iterable, Optional, Tuple

from .annotation_report import AnnotationReport


def clear_impossible_labels(values: list, size: Optional[Tuple[int, int]],
                            report: AnnotationReport) -> None:
    """Marks impossible labels as not labelled, in place, and counts them.

    - All labelled keypoints of a person, or more than one, at exactly (0, 0): some tools
      export unplaced keypoints like this.
    - Any labelled keypoint at exactly (-1, -1), which other tools export.
    - Keypoints that lie outside the image by more than its size.

    Args:
        values (list): x, y, v of each keypoint, valid numbers in pixels.
        size (tuple[int, int]): Width and height of the image, None if unknown.
        report (AnnotationReport): Receives the counts.
    """
    labelled = [k for k in range(0, len(values), 3) if values[k + 2] > 0]
    at_origin = [k for k in labelled if values[k] == values[k + 1] == 0]
    if at_origin and len(at_origin) == len(labelled):
        report.count('annotations have all labelled keypoints at (0, 0): treated as not '
                     'labelled')
    elif len(at_origin) > 1:
        report.count('annotations have several labelled keypoints at (0, 0): these are '
                     'treated as not labelled')
    else:
        at_origin = []
    _clear(values, at_origin)
    missing = [k for k in labelled if values[k] == values[k + 1] == -1]
    if missing:
        report.count('labelled keypoints are at (-1, -1): treated as not labelled',
                     len(missing))
        _clear(values, missing)
    if size is None:
        return
    far = [k for k in labelled if not _near(values[k:k + 2], size, size)]
    if far:
        report.count('labelled keypoints lie outside their image by more than its size: '
                     'treated as not labelled', len(far))
        _clear(values, far)
    outside = [k for k in labelled if not _near(values[k:k + 2], size, (1, 1))]
    if outside:
        report.count('labelled keypoints lie outside their image', len(outside))


def refuse_fractions(people: Iterable[Tuple[float, ...]], path: str) -> None:
    """Raises ValueError if all labelled coordinates are fractions of the image."""
    low, high, fractional = 0.0, 0.0, False
    for values in people:
        for x, y, v in zip(values[::3], values[1::3], values[2::3]):
            if v:
                low, high = min(low, x, y), max(high, x, y)
                fractional = fractional or 0 < x < 1 or 0 < y < 1
        if low < 0 or high > 1:
            return
    if fractional:
        raise ValueError(f'{path}: all labelled keypoints lie between 0 and 1, so they are '
                         'fractions of the image. Expected pixels: multiply x by the width '
                         'and y by the height')


def _near(point: list, size: Tuple[int, int], margin: Tuple[int, int]) -> bool:
    return all(-m <= p <= s + m for p, s, m in zip(point, size, margin))


def _clear(values: list, keypoints: Iterable[int]) -> None:
    for k in keypoints:
        values[k:k + 3] = 0, 0, 0
