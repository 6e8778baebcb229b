"""How fast models are: systems take turns on the same images, medians and spread."""
import statistics
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from erpose.markdown import table

from .predictor import Predictor

STAGES = ('before', 'forward', 'after', 'total')


class Subject(NamedTuple):
    """A system in three stages.

    Attributes:
        name (str): Of its row.
        before (Callable): Images, uint8 BGR, to what ``forward`` takes.
        forward (Callable): To raw outputs.
        after (Callable): To people, duplicates suppressed where the system needs that.
    """
    name: str
    before: Callable[[Sequence[np.ndarray]], Any]
    forward: Callable[[Any], Any]
    after: Callable[[Any], Any]


def onnx_subject(path: str, threads: Optional[int] = None, providers=None,
                 score_thr: float = 0.3) -> Subject:
    """A file of ``erpose export``."""
    predictor = Predictor(path, providers, threads)
    fits: List = []

    def before(images):
        batch, fits[:] = predictor.prepare(images)
        return batch

    return Subject(f'{Path(path).name}, {predictor.provider}', before, predictor.forward,
                   lambda outputs: predictor.finish(outputs, fits, score_thr))


def measure(subjects: Sequence[Subject], images: Sequence[np.ndarray], rounds: int = 10,
            batch: int = 1) -> Dict[str, dict]:
    """Times every subject on every image, in turns, so that all share busy moments.

    Args:
        subjects (Sequence[Subject]): The first is what ratios refer to.
        images (Sequence[np.ndarray]): uint8 BGR.
        rounds (int): Times that every image is shown; one more warms up.
        batch (int): Images at a time.

    Returns:
        dict[str, dict]: By subject and stage: median and quartiles in milliseconds a
        batch; ``images_per_second``; ``ratio``, the median over turns of the total time
        over that of the first subject.
    """
    batches = [images[i:i + batch] for i in range(0, len(images) - batch + 1, batch)]
    if not batches:
        raise ValueError(f'{len(images)} images do not fill a batch of {batch}')
    times = {subject.name: {stage: [] for stage in STAGES} for subject in subjects}
    if len(times) < len(subjects):
        raise ValueError(f'two subjects have one name: {[s.name for s in subjects]}')
    for turn in range(rounds + 1):
        for pictures in batches:
            for subject in subjects:
                marks, value = [time.perf_counter()], pictures
                for stage in subject[1:]:
                    value = stage(value)
                    marks.append(time.perf_counter())
                if turn:
                    spent = [*np.diff(marks), marks[-1] - marks[0]]
                    for stage, seconds in zip(STAGES, spent):
                        times[subject.name][stage].append(1e3 * float(seconds))
    first = times[subjects[0].name]['total']
    results = {}
    for name, stages in times.items():
        results[name] = {stage: summary(values) for stage, values in stages.items()}
        results[name]['images_per_second'] = (
            1e3 * batch / results[name]['total']['median'])
        results[name]['ratio'] = statistics.median(
            a / b for a, b in zip(stages['total'], first))
    return results


def summary(values: Sequence[float]) -> dict:
    """Median and quartiles."""
    low, median, high = np.percentile(values, (25, 50, 75))
    return dict(median=float(median), low=float(low), high=float(high))


def report(results: Dict[str, dict]) -> str:
    """The results as Markdown; milliseconds: median (quartiles)."""
    rows = [['model', *STAGES, 'images/s', 'ratio']]
    for name, row in results.items():
        cells = ['{median:.2f} ({low:.2f}-{high:.2f})'.format(**row[s]) for s in STAGES]
        rows.append([name, *cells, f"{row['images_per_second']:.1f}",
                     f"{row['ratio']:.2f}"])
    return table(rows)
