"""Report on an annotation file: derived, dropped and suspicious data."""
import logging
from collections import Counter
from typing import List, Optional, Set, Tuple

SAID: Set[Tuple[str, str]] = set()
"""Files and lines that were already logged."""


class AnnotationReport:
    """Collects messages about an annotation file while it is read.

    Args:
        path (str): The annotation file.

    Attributes:
        total (int): Number of annotations in the file.
        derived (Counter): Number of derived values, by field.
        skipped (Counter): Number of skipped annotations and images, by reason.
        unlabelled_images (set): Ids of images with a skipped annotation. They may show
            people without labels.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.total = 0
        self.derived: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.unlabelled_images: Set[int] = set()
        self._counts: Counter[str] = Counter()
        self._notes: List[Tuple[int, str]] = []

    def note(self, text: str, level: int = logging.WARNING) -> None:
        """Adds a line to the report."""
        self._notes.append((level, text))

    def count(self, text: str, number: int = 1) -> None:
        """Increases the number at the start of a warning: "3 areas are larger than …"."""
        self._counts[text] += number

    @property
    def lines(self) -> List[str]:
        """The lines of the report, one per finding, without the file name."""
        return [
            *(text for _, text in self._notes),
            *(f'derived {field} from the keypoints for {n} of {self.total} annotations'
              for field, n in self.derived.items()),
            *(f'{n} {text}' for text, n in self._counts.items()),
            *(f'skipped {n} x {reason}' for reason, n in self.skipped.items())]

    @property
    def level(self) -> int:
        """``logging.WARNING`` if there is a warning, else ``logging.INFO``."""
        noted = max((level for level, _ in self._notes), default=logging.INFO)
        return logging.WARNING if self.skipped or self._counts else noted

    @property
    def text(self) -> str:
        """The report as one message, empty if there are no findings."""
        return self._joined(self.lines)

    def news(self) -> str:
        """The report without lines that this process has already logged for the file.

        The data set and the metric read the same file.
        """
        lines = [line for line in self.lines if (self.path, line) not in SAID]
        SAID.update((self.path, line) for line in self.lines)
        return self._joined(lines)

    def _joined(self, lines: List[str]) -> str:
        if len(lines) < 2:
            return ''.join(f'{self.path}: {line}' for line in lines)
        return '\n  '.join([f'{self.path}:', *lines])

    def refuse(self, use: str, images: Optional[int] = None) -> ValueError:
        """Builds the error for a file without usable annotations.

        Args:
            use (str): 'train' or 'test', for the message.
            images (int): Number of usable images, if none of them has a labelled keypoint.
        """
        cause = (f'none of its {self.total} annotations has a labelled keypoint'
                 if images is None else
                 f'none of its {images} usable images has a labelled keypoint')
        found = [*(f'{n} x {reason}' for reason, n in self.skipped.most_common(4)),
                 *(f'{n} {text}' for text, n in self._counts.most_common(2))]
        return ValueError(f'{self.path} has nothing to {use} on: {cause}. Skipped: '
                          f'{"; ".join(found) or "nothing"}. A person needs "keypoints": a '
                          'list of x, y, v with v = 1 or 2 for labelled keypoints')
