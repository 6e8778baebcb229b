"""Web page that finds people in uploaded images and videos."""
import itertools
import json
import os
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

import cv2
import numpy as np

from erpose.imaging.draw import draw
from erpose.imaging.people import People
from erpose.imaging.sources import Frame, frames, is_video
from erpose.imaging.writers import Drawings, Records

from .predictor import Predictor
from .track import Tracker

os.environ.setdefault('GRADIO_ANALYTICS_ENABLED', 'False')  # the page works offline
try:
    import gradio as gr
    from PIL import Image
except ImportError:
    raise ImportError("the page needs gradio: pip install 'erpose[web]'") from None

LEAST_SCORE = 0.05
"""Lowest score that the slider can be set to."""
TRACKED_SCORE = 0.3
"""People that score more start a track; also the initial value of the slider."""
MAX_PIXELS = 50_000_000
"""Largest size of an uploaded image."""
MAX_FRAMES = 900
"""Frames of a video that are read; the rest is ignored."""


class Found:
    """The people in all frames of an upload, and a temporary folder for its results."""

    def __init__(self, path: str, people: List[People], predictor: Predictor) -> None:
        self.path, self.people, self.predictor = path, people, predictor
        self.folder = tempfile.TemporaryDirectory()


def find(path: str, predictor: Predictor) -> Found:
    """Finds the people in an image or a video.

    Raises:
        ValueError: If the file cannot be read or is too large. The message names it.
    """
    if not is_video(path):
        _check_size(path)
    try:
        follow: Callable[[Frame, People], People] = Tracker(TRACKED_SCORE)
    except ImportError:  # tracking is optional
        follow = _without_numbers
    shown = itertools.islice(frames(path), MAX_FRAMES)
    people = [follow(frame, predictor(frame.image, LEAST_SCORE)) for frame in shown]
    return Found(path, people, predictor)


def _without_numbers(frame: Frame, people: People) -> People:
    return people


def picture(found: Found, score: float) -> np.ndarray:
    """The drawn image, RGB, (H, W, 3)."""
    image = next(frames(found.path)).image
    return cv2.cvtColor(_drawn(image, found, 0, score), cv2.COLOR_BGR2RGB)


def video(found: Found, score: float) -> str:
    """Path of the drawn video, in a format that browsers can play."""
    drawings = Drawings(Path(found.folder.name))
    for index, frame in enumerate(itertools.islice(frames(found.path), len(found.people))):
        drawings.add(frame, _drawn(frame.image, found, index, score))
    drawings.close()
    return str(next(Path(found.folder.name).glob('*.mp4')))


def records(found: Found, score: float) -> str:
    """Path of a JSON file with the people, in COCO's result format."""
    collected = Records(found.predictor.names)
    name = Path(found.path).name
    for index, people in enumerate(found.people):
        frame = Frame(np.empty(0), name, index if is_video(found.path) else None)
        collected.add(frame, people.above(score))
    path = Path(found.folder.name) / f'{Path(name).stem}.json'
    path.write_text(json.dumps(collected.people))
    return str(path)


def _drawn(image: np.ndarray, found: Found, index: int, score: float) -> np.ndarray:
    return draw(image, found.people[index].above(score), found.predictor.skeleton,
                found.predictor.colours)


def _check_size(path: str) -> None:
    try:
        with Image.open(path) as image:  # reads only the header
            width, height = image.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return  # reading the image raises the error
    if width * height > MAX_PIXELS:
        raise ValueError(f'{Path(path).name} has {width}x{height} pixels, more than the '
                         f'limit of {MAX_PIXELS // 10**6} million: resize it')


def build(models: Sequence[str], threads: Optional[int] = None) -> gr.Blocks:
    """Builds the page for one or more ONNX files; the first is the default."""
    names = [Path(model).stem for model in models]
    if len(set(names)) < len(names):  # a/best.onnx and b/best.onnx
        names = [str(model) for model in models]
    predictors: Dict[str, Predictor] = {
        name: Predictor(model, threads=threads) for name, model in zip(names, models)
    }

    def look(path: Optional[str], model: str) -> Optional[Found]:
        if path is None:
            return None
        try:
            return find(path, predictors[model])
        except ValueError as error:
            raise gr.Error(str(error).replace(path, Path(path).name)) from None

    def show(found: Optional[Found], score: float) -> tuple:
        if found is None:
            return (gr.Image(None, visible=True), gr.Video(None, visible=False),
                    gr.DownloadButton(interactive=False), '')
        counts = [len(people.above(score)) for people in found.people]
        moving = is_video(found.path)
        text = f'{sum(counts)} people' + (f' in {len(counts)} frames' if moving else '')
        if len(counts) == MAX_FRAMES:
            text += f'; only the first {MAX_FRAMES} frames were read'
        return (gr.Image(None if moving else picture(found, score), visible=not moving),
                gr.Video(video(found, score) if moving else None, visible=moving),
                gr.DownloadButton(value=records(found, score), interactive=True), text)

    with gr.Blocks(title='erpose', delete_cache=(3600, 3600)) as page:
        gr.Markdown('# erpose\nDrop an image or a video to find the people in it.')
        with gr.Row():
            with gr.Column(scale=1):
                file = gr.File(label='Image or video', file_types=['image', 'video'])
                model = gr.Dropdown(list(predictors), value=names[0], label='Model',
                                    visible=len(predictors) > 1)
                score = gr.Slider(LEAST_SCORE, 1, 0.3, step=0.01, label='Minimum score')
                download = gr.DownloadButton('People as JSON', interactive=False)
                summary = gr.Markdown()
            with gr.Column(scale=2):
                image = gr.Image(label='People', interactive=False,
                                 buttons=['download', 'fullscreen'])
                clip = gr.Video(label='People', interactive=False, visible=False)
        found = gr.State()
        outputs = [image, clip, download, summary]
        gr.on([file.change, model.change], look, [file, model], found).success(
            show, [found, score], outputs)
        score.change(show, [found, score], outputs, trigger_mode='always_last')
    return page


def serve(models: Sequence[str], host: str = '127.0.0.1', port: int = 7860,
          threads: Optional[int] = None, max_file_size: str = '50mb',
          block: bool = True) -> gr.Blocks:
    """Serves the page; by default only to this machine."""
    page = build(models, threads)
    page.launch(server_name=host, server_port=port, share=False, quiet=True,
                max_file_size=max_file_size, footer_links=[], show_error=False,
                prevent_thread_lock=True)
    print(f'erpose: {page.local_url} (press Ctrl+C to quit)', flush=True)
    if block:
        page.block_thread()
    return page
