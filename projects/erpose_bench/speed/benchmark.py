"""Speed of models: systems take turns on the same images; medians and quartiles."""
import math
import statistics
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from erpose.deploy.predictor import ForeignModelError, Predictor
from erpose.imaging.letterbox import PAD, letterbox
from erpose_bench.tables import table

STAGES = ('before', 'forward', 'after', 'total')


class Subject(NamedTuple):
    """A system in three stages.

    Attributes:
        name (str): Name of its row.
        before (Callable): Turns images (uint8 BGR) into the input of ``forward``.
        forward (Callable): Turns them into raw outputs.
        after (Callable): Turns these into one result for each image, with ``scores`` of
            its people; removes duplicates where the system needs that.
        size (dict): ``params`` (M) and ``gflops``, where known.
    """
    name: str
    before: Callable[[Sequence[np.ndarray]], Any]
    forward: Callable[[Any], Any]
    after: Callable[[Any], Any]
    size: Dict[str, float] = {}


def onnx_subject(path: str, threads: Optional[int] = None,
                 providers: Optional[Sequence[str]] = None,
                 score_thr: float = 0.3) -> Subject:
    """A file of ``erpose export``, or the network alone of any other ONNX file."""
    try:
        predictor = Predictor(path, providers, threads)
    except ForeignModelError:
        return _network_alone(path, threads, providers)
    fits: List = []

    def before(images: Sequence[np.ndarray]) -> np.ndarray:
        batch, fits[:] = predictor.prepare(images)
        return batch

    return Subject(f'{Path(path).name}, {predictor.provider}', before, predictor.forward,
                   lambda outputs: predictor.finish(outputs, fits, score_thr))


def _network_alone(path: str, threads: Optional[int],
                   providers: Optional[Sequence[str]]) -> Subject:
    """A file of unknown outputs: runs without letterboxing and decoding, finds nobody."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = onnxruntime.InferenceSession(
        str(path), options, providers=providers or onnxruntime.get_available_providers())
    image, = session.get_inputs()
    if image.type != 'tensor(float)' or len(image.shape) != 4:
        raise ValueError(f'{path} takes {image.type} {image.shape}, not float images '
                         '(B, 3, H, W)')
    shape = [side if isinstance(side, int) else 640 for side in image.shape[1:]]

    def before(images: Sequence[np.ndarray]) -> np.ndarray:
        return np.zeros((len(images), *shape), np.float32)

    return Subject(f'{Path(path).name}, network alone', before,
                   lambda pixels: session.run(None, {image.name: pixels}),
                   lambda outputs: [SimpleNamespace(scores=())])


def measure(subjects: Sequence[Subject], images: Sequence[Any], rounds: int = 10,
            batch: int = 1) -> Dict[str, dict]:
    """Times every subject on every image, in turns, so that a busy machine affects all.

    Args:
        subjects (Sequence[Subject]): Ratios refer to the first.
        images (Sequence): uint8 BGR, or whatever the subjects take instead.
        rounds (int): Timed runs on every image, after one to warm up.
        batch (int): Batch size.

    Returns:
        dict[str, dict]: By subject: for each stage, median and quartiles in milliseconds
        per batch; ``images_per_second``; ``ratio`` of the total time to that of the first
        subject (median over turns); ``people``, the mean number found in an image; and the
        subject's ``size``.
    """
    return measure_kinds(subjects, {'all': images}, rounds, batch)['all']


def measure_kinds(subjects: Sequence[Subject], kinds: Dict[Any, Sequence[Any]],
                  rounds: int = 10, batch: int = 1) -> Dict[Any, Dict[str, dict]]:
    """As :func:`measure`, for several kinds of images, which also take turns.

    Args:
        kinds (dict): Images by kind, the same number of each.

    Returns:
        dict: What :func:`measure` returns, by kind, and ``growth``: the ratio of the total
        time to that of the first kind (median over turns).
    """
    names = [subject.name for subject in subjects]
    if len(set(names)) < len(names):
        raise ValueError(f'two systems have one name: {names}')
    batches = {kind: [images[i:i + batch] for i in range(0, len(images) - batch + 1, batch)]
               for kind, images in kinds.items()}
    for kind, images in kinds.items():
        if not batches[kind]:
            raise ValueError(f'{len(images)} images do not fill a batch of {batch}')
    times: Dict[Any, Dict[str, Dict[str, List[float]]]] = {
        kind: {name: {stage: [] for stage in STAGES} for name in names}
             for kind in kinds}
    people: Dict[Any, Dict[str, List[int]]] = {
        kind: {name: [] for name in names} for kind in kinds}
    for turn in range(rounds + 1):
        for row in zip(*batches.values()):
            for kind, pictures in zip(kinds, row):
                for subject in subjects:
                    spent, found = _once(subject, pictures)
                    if not turn:
                        people[kind][subject.name] += [len(f.scores) for f in found]
                        continue
                    for stage, milliseconds in spent.items():
                        times[kind][subject.name][stage].append(milliseconds)

    def ratio(stages: dict, reference: dict) -> float:
        return statistics.median(
            a / b for a, b in zip(stages['total'], reference['total']))

    results: Dict[Any, Dict[str, dict]] = {}
    first = times[next(iter(kinds))]
    for kind in kinds:
        results[kind] = {}
        for subject in subjects:
            stages = times[kind][subject.name]
            figures: Dict[str, Any] = {
                stage: summary(values) for stage, values in stages.items()}
            figures['images_per_second'] = 1e3 * batch / figures['total']['median']
            figures['ratio'] = ratio(stages, times[kind][names[0]])
            figures['growth'] = ratio(stages, first[subject.name])
            figures['people'] = statistics.fmean(people[kind][subject.name])
            figures['size'] = dict(subject.size)
            results[kind][subject.name] = figures
    return results


def _once(subject: Subject, pictures: Sequence[np.ndarray]) -> Tuple[Dict[str, float], Any]:
    """Returns the milliseconds of each stage, and the people found."""
    marks, value = [time.perf_counter()], pictures
    for stage in (subject.before, subject.forward, subject.after):
        value = stage(value)
        marks.append(time.perf_counter())
    spent = 1e3 * np.array([*np.diff(marks), marks[-1] - marks[0]])
    return dict(zip(STAGES, spent.tolist())), value


def crowd(portraits: Sequence[np.ndarray], count: int, size: Sequence[int]) -> np.ndarray:
    """Joins portraits in a square grid to a scene of ``count`` people.

    Args:
        portraits (Sequence[np.ndarray]): Pictures of one person each, uint8 BGR; repeated
            if they are fewer than ``count``.
        count (int): Number of people.
        size (tuple[int, int]): Width and height of the scene.
    """
    scene = np.full((*size[::-1], 3), PAD, np.uint8)
    side = math.ceil(math.sqrt(count))
    width, height = size[0] // side, size[1] // side
    if min(width, height) < 8:
        raise ValueError(f'{count} people do not fit into {size[0]}x{size[1]} pixels')
    for place in range(count):
        row, column = divmod(place, side)
        tile, _ = letterbox(portraits[place % len(portraits)], (width, height))
        scene[row * height:(row + 1) * height, column * width:(column + 1) * width] = tile
    return scene


def summary(values: Sequence[float]) -> dict:
    """Median and quartiles."""
    low, median, high = np.percentile(values, (25, 50, 75))
    return dict(median=float(median), low=float(low), high=float(high))


def report(results: Dict[str, dict]) -> str:
    """Formats the results as Markdown; milliseconds as median (quartiles)."""
    rows = [['model', 'parameters (M)', 'GFLOPs', *STAGES, 'images/s', 'ratio', 'growth',
             'people']]
    for name, row in results.items():
        size = [f'{row["size"][key]:.2f}' if key in row['size'] else '-'
                for key in ('params', 'gflops')]
        cells = ['{median:.2f} ({low:.2f}-{high:.2f})'.format(**row[s]) for s in STAGES]
        rows.append([name, *size, *cells, f"{row['images_per_second']:.1f}",
                     f"{row['ratio']:.2f}", f"{row['growth']:.3f}", f"{row['people']:.1f}"])
    return table(rows)


def plot_crowds(results: Dict[int, Dict[str, dict]], path: Path) -> None:
    """Plots time against the number of people: end to end, and after the network.

    Args:
        results (dict): From :func:`measure_kinds`, by number of people.
        path (Path): The picture to write.
    """
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot as plt
    counts = sorted(results)
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout='constrained')
    for axis, stage in zip(axes, ('total', 'after')):
        for name in results[counts[0]]:
            spent = [results[count][name][stage] for count in counts]
            middle = [s['median'] for s in spent]
            line, = axis.plot(counts, middle, marker='o', label=name)
            axis.fill_between(counts, [s['low'] for s in spent], [s['high'] for s in spent],
                              color=line.get_color(), alpha=0.2, linewidth=0)
        axis.set(xscale='log', xlabel='people in the scene', ylim=(0, None),
                 ylabel=dict(total='milliseconds, end to end',
                             after='milliseconds after the network')[stage])
    axes[0].legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)
