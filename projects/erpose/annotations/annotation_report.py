"""What was found in an annotation file, said once."""
import logging
from collections import Counter
from typing import List, Optional, Set, Tuple

SAID: Set[Tuple[str, str]] = set()
"""File and line of what was said so far."""


class AnnotationReport:
    """Collects what a reader of an annotation file derived, dropped and noticed.

    Args:
        path (str): The annotation file.

    Attributes:
        total (int): Annotations in the file.
        derived (Counter): How often which field was derived from the keypoints.
        skipped (Counter): How many annotations and images were skipped for which reason.
        unlabelled_images (set): Ids of images on which an annotation was skipped: they may
            show people that nobody labelled.
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
        """Adds a line."""
        self._notes.append((level, text))

    def count(self, text: str, number: int = 1) -> None:
        """Adds to the number that a warning begins with: "3 areas are larger than …"."""
        self._counts[text] += number

    @property
    def lines(self) -> List[str]:
        """One finding each, without the file's name."""
        return [
            *(text for _, text in self._notes),
            *(f'derived {field} from the keypoints for {n} of {self.total} annotations'
              for field, n in self.derived.items()),
            *(f'{n} {text}' for text, n in self._counts.items()),
            *(f'skipped {n} x {reason}' for reason, n in self.skipped.items())]

    @property
    def level(self) -> int:
        """``logging.WARNING`` if anything deserves a look, else ``logging.INFO``."""
        noted = max((level for level, _ in self._notes), default=logging.INFO)
        return logging.WARNING if self.skipped or self._counts else noted

    @property
    def text(self) -> str:
        """The report as one message; empty if there is nothing to say."""
        return self._joined(self.lines)

    def news(self) -> str:
        """The report without the lines that this process has said of the file already.

        A data set and the metric read the same file.
        """
        lines = [line for line in self.lines if (self.path, line) not in SAID]
        SAID.update((self.path, line) for line in self.lines)
        return self._joined(lines)

    def _joined(self, lines: List[str]) -> str:
        if len(lines) < 2:
            return ''.join(f'{self.path}: {line}' for line in lines)
        return '\n  '.join([f'{self.path}:', *lines])

    def refuse(self, use: str, images: Optional[int] = None) -> ValueError:
        """The error of a file of which nothing can be used.

        Args:
            use (str): What for: train or test.
            images (int): How many images are usable, where that is the reason.
        """
        cause = (f'no annotation of this file has a labelled keypoint, of {self.total}'
                 if images is None else
                 f'{images} usable images, {self.total} annotations, none labelled on them')
        found = [*(f'{n} x {reason}' for reason, n in self.skipped.most_common(4)),
                 *(f'{n} {text}' for text, n in self._counts.most_common(2))]
        return ValueError(f'{self.path} leaves nothing to {use} on: {cause}; skipped: '
                          f'{"; ".join(found) or "nothing"}. A person needs "keypoints": '
                          'x, y, v of each, v = 1 or 2 where it is labelled')
