"""Accuracy and time of exported models and of MoveNet MultiPose, on the same images."""
import json
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import cv2
import numpy as np
from tabulate import tabulate

from erpose.deploy import People
from erpose.evaluation import PoseMetric
from erpose.imaging import read_image
from erpose_bench.speed.benchmark import Subject, measure

SHOWN = {'AP': 'AP', 'AP .5': 'AP50', 'AP .75': 'AP75', 'AP (M)': 'AP M', 'AP (L)': 'AP L',
         'crowd AP': 'AP crowded', 'duplicate rate': 'duplicates'}


def movenet_subject(path: str, size: int, threads: Optional[int] = None,
                    score_thr: float = 0.05) -> Subject:
    """MoveNet MultiPose Lightning: at most six people, COCO's keypoints.

    Args:
        path (str): Its .tflite file.
        size (int): Longer side of the input, a multiple of 32. The image is scaled to
            this and padded at the right and the bottom to multiples of 32.
        threads (int, optional): CPU threads.
        score_thr (float): Drops people that score less.

    Raises:
        ImportError: If ai-edge-litert is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise ImportError('MoveNet runs in LiteRT: pip install ai-edge-litert') from None
    interpreter = Interpreter(str(path), num_threads=threads)
    where, = interpreter.get_input_details()
    shapes: List = []

    def before(images: Sequence[np.ndarray]) -> np.ndarray:
        image, = images
        scale = size / max(image.shape[:2])
        height, width = (max(round(side * scale), 1) for side in image.shape[:2])
        pixels = np.zeros((1, -(-height // 32) * 32, -(-width // 32) * 32, 3), np.uint8)
        pixels[0, :height, :width] = cv2.resize(image, (width, height))[..., ::-1]
        shapes[:] = [(image.shape[1] / width, image.shape[0] / height, pixels.shape)]
        return pixels

    def forward(pixels: np.ndarray) -> np.ndarray:
        if tuple(interpreter.get_input_details()[0]['shape']) != pixels.shape:
            interpreter.resize_tensor_input(where['index'], pixels.shape, strict=True)
            interpreter.allocate_tensors()
        interpreter.set_tensor(where['index'], pixels)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]['index'])

    def after(output: np.ndarray) -> List[People]:
        scale_x, scale_y, (_, height, width, _) = shapes[0]
        people = output[0][output[0, :, 55] > score_thr]
        triples = people[:, :51].reshape(-1, 17, 3)
        points = triples[..., 1::-1] * (width * scale_x, height * scale_y)
        boxes = people[:, [52, 51, 54, 53]] * (
            2 * [width * scale_x, height * scale_y])
        return [People(points.astype(np.float32), triples[..., 2], people[:, 55],
                       boxes.astype(np.float32))]

    return Subject(f'{Path(path).stem}, {size}', before, forward, after)


def compare(subjects: Sequence[Subject], images: Path, metric: PoseMetric,
            timed: int = 20, rounds: int = 5) -> Dict[str, dict]:
    """Evaluates every subject on all images, and times them in turns on some.

    Args:
        subjects (Sequence[Subject]): Ratios of time refer to the first.
        images (Path): Folder of the images of the metric's annotation file.
        metric (PoseMetric): With COCO's keypoints.
        timed (int): Number of timed images.
        rounds (int): Runs on each of these.

    Returns:
        dict[str, dict]: By subject: the metrics of ``SHOWN`` in percent, ``milliseconds``
        (median, from image to people), and ``ratio``, that of the times.
    """
    entries = list(metric.coco.imgs.values())
    found: Dict[str, list] = {subject.name: [] for subject in subjects}
    for entry in entries:
        image = read_image(images / entry['file_name'])
        for subject in subjects:
            people, = subject.after(subject.forward(subject.before([image])))
            found[subject.name] += people.to_coco(entry['id'])
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, people in found.items():
            path = Path(folder) / 'people.json'
            path.write_text(json.dumps(people))
            figures = metric.evaluate_file(path)
            rows[name] = {title: 100 * figures[key] for key, title in SHOWN.items()
                          if key in figures}
    pictures = [read_image(images / entry['file_name']) for entry in entries[:timed]]
    for name, times in measure(subjects, pictures, rounds).items():
        rows[name].update(milliseconds=times['total']['median'], ratio=times['ratio'])
    return rows


def report(rows: Dict[str, dict]) -> str:
    """The rows of :func:`compare` as a table in Markdown."""
    titles = list(dict.fromkeys(title for row in rows.values() for title in row))
    return tabulate([[name, *(f'{row[t]:.2f}' if t in row else '-' for t in titles)]
                     for name, row in rows.items()],
                    ['model, input', *titles], tablefmt='github', disable_numparse=True)
