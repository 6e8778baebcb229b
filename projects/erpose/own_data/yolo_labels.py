"""Converts rows of YOLO-pose label files to COCO annotations."""
from pathlib import Path
from typing import Container, List, NamedTuple, Optional, Tuple

from erpose.annotations.keypoint_boxes import AREA_PER_BOX

MARGIN = 0.02
"""Allowed excess of a box over its image, relative to the image, for rounding."""
FARTHEST = 2
"""Relative coordinates beyond this must be pixels."""


class Row(NamedTuple):
    """An individual in a label file; coordinates are relative to the image size.

    Attributes:
        class_id (int): From 0.
        box (list[float]): Centre x and y, width, height.
        keypoints (list[tuple]): x, y and v of each, v = 0, 1 or 2; empty if the row ends
            after the box.
    """
    class_id: int
    box: List[float]
    keypoints: List[Tuple[float, float, int]]

    @property
    def labelled(self) -> bool:
        return any(v for _, _, v in self.keypoints)

    def annotation(self, width: int, height: int, num_keypoints: int) -> dict:
        """Converts to a COCO annotation in pixels, without ids.

        COCO's area is that of the outline, which a label file does not have. It is
        estimated from the box as for a person.
        """
        x, y, w, h = self.box
        left, right = (max(0, min(1, x + side * w / 2)) * width for side in (-1, 1))
        top, bottom = (max(0, min(1, y + side * h / 2)) * height for side in (-1, 1))
        points = [value for x, y, v in self.keypoints or [(0, 0, 0)] * num_keypoints
                  for value in (round(x * width, 2), round(y * height, 2), v)]
        return dict(
            bbox=[round(v, 2) for v in (left, top, right - left, bottom - top)],
            area=round(AREA_PER_BOX * (right - left) * (bottom - top), 2), iscrowd=0,
            keypoints=points, num_keypoints=sum(v > 0 for v in points[2::3]))


def read_rows(path: Path, shape: Tuple[int, int], classes: Container[int]
              ) -> Tuple[List[Row], List[str]]:
    """Reads the usable rows of a label file, and describes the others.

    Args:
        path (Path): Label file with rows ``class cx cy w h (x y [v]) * K``.
        shape (tuple[int, int]): ``kpt_shape``: K, and 2 or 3 values per keypoint.
        classes (Container[int]): Numbers of the classes of the data set.

    Returns:
        tuple[list[Row], list[str]]: Rows, and messages that name file and line.
    """
    rows, problems = [], []
    text = path.read_text(encoding='utf-8-sig', errors='replace')
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        row, problem = _row(line.split(), shape, classes)
        if row is not None:
            rows.append(row)
        else:
            problems.append(f'{path}:{number}: {problem}')
    return rows, problems


def _row(words: List[str], shape: Tuple[int, int], classes: Container[int]
         ) -> Tuple[Optional[Row], str]:
    try:
        values = [float(word) for word in words]
    except ValueError:
        return None, f'{" ".join(words)[:40]!r} is not a row of numbers'
    number, dim = shape
    if len(values) not in (5, 5 + number * dim):
        expected = 5 + number * dim
        return None, (f'{len(values)} values, expected {expected}: the class, 4 for the '
                      f'box, {number} x {dim} for keypoints (kpt_shape)')
    class_id, box, points = values[0], values[1:5], values[5:]
    if class_id not in classes:
        return None, f'class {class_id:g} is not in names'
    if not (all(-MARGIN <= v <= 1 + MARGIN for v in box) and min(box[2:]) > 0):
        return None, (f'box {" ".join(words[1:5])} is not centre, width and height '
                      'relative to the image, 0 to 1')
    keypoints = []
    for x, y, *rest in zip(*(points[i::dim] for i in range(dim))):
        v = rest[0] if rest else 2 * ((x, y) != (0, 0))
        if v not in (0, 1, 2):
            return None, f'visibility {v:g}, expected 0, 1 or 2'
        if v and not (abs(x) <= FARTHEST and abs(y) <= FARTHEST):
            return None, f'keypoint {x:g} {y:g} is not relative to the image, 0 to 1'
        keypoints.append((x, y, int(v)) if v else (0.0, 0.0, 0))
    return Row(int(class_id), box, keypoints), ''
