"""Implements the commands of ``erpose``: predict, export, init, web."""
from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, List, Optional, Tuple

from erpose import zoo

if TYPE_CHECKING:  # each command imports only what it needs, to start fast
    import numpy as np
    from tqdm import tqdm

    from erpose.imaging import Frame, People
    from erpose.imaging.writers import Drawings, Records

    from .predictor import Predictor
    from .track import Tracker


def predict(args: argparse.Namespace) -> int:
    from erpose.imaging.coco_ids import CocoIds
    from erpose.imaging.sources import count, expand
    from erpose.imaging.writers import Drawings, Records, writable

    from .predictor import Predictor
    from .track import Tracker
    tracker = Tracker(args.score) if args.track else None
    model, sources = _model_and_sources(args.sources)
    sources = expand(sources, Path(args.out))
    json_file, csv_file = (path and writable(path) for path in (args.json, args.csv))
    if args.ids and not json_file:
        raise ValueError('--ids needs --json: it sets the ids in that file')
    predictor = Predictor(model, args.provider, args.threads, _side(args.size))
    ids = CocoIds(args.ids, predictor.names) if args.ids else None
    if ids:
        ids.check_any(sources)
    records = Records(predictor.names, ids)
    print(f'{model.name}: {predictor.input_size[0]}x{predictor.input_size[1]}, '
          f'{len(predictor.names)} keypoints, running on {predictor.provider}')
    counts = [number for number in map(count, sources) if number is not None]
    progress = _progress(sum(counts) if len(counts) == len(sources) else None)
    pictures, total = 0, 0
    drawings = None if args.no_draw else Drawings(Path(args.out))
    drawing = drawings is not None
    failed: List[str] = []
    try:
        for frame, people in _found(predictor, tracker, sources, args, failed):
            records.add(frame, people)
            pictures, total = pictures + 1, total + len(people)
            if progress is not None:
                progress.set_postfix(people=total, refresh=False)
                progress.update()
            if not _draw(frame, people, predictor, drawings if drawing else None,
                         args.show, failed):
                drawing = False
                if not (json_file or csv_file):  # no other output: save the people
                    json_file = Path(args.out) / 'people.json'
                    break
    except KeyboardInterrupt:  # write the results so far
        pass
    finally:
        if progress is not None:
            progress.close()
        written = _write(records, drawings, json_file, csv_file, args.out, failed)
        print(f'{_counted(total, "person", "people")} in '
              f'{_counted(pictures, "picture", "pictures")}; written: '
              f'{written or "nothing"}')
    if records.unlisted:
        unlisted = _counted(len(records.unlisted), 'picture', 'pictures')
        failed.append(f'{unlisted} in {args.json}, for example {records.unlisted[0]}')
    for message in failed:
        print(f'skipped {message}', file=sys.stderr)
    return 1 if failed else 0


def _counted(number: int, one: str, several: str) -> str:
    return f'{number} {one if number == 1 else several}'


def export(args: argparse.Namespace) -> int:
    from erpose.imaging.images import read_image
    from erpose.imaging.sources import expand, is_video
    from erpose.imaging.writers import writable

    from .compress import to_float16, to_int8
    from .export import export_onnx, load_network
    if args.fp16 and args.int8:
        raise ValueError('--fp16 and --int8 cannot be combined')
    files = [path for path in expand([args.int8]) if not is_video(path)
             ] if args.int8 else []
    if args.int8 and not files:
        raise ValueError(f'--int8: {args.int8} contains no images for calibration')
    config, checkpoint = _config_and_checkpoint(args.config, args.checkpoint)
    network, info = load_network(config, checkpoint, args.raw)
    out = writable(args.out)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        whole = export_onnx(network, info, Path(folder) / out.name, _side(args.size),
                            args.dynamic)
        if args.fp16:
            to_float16(whole, out)
        elif args.int8:
            to_int8(whole, out, map(read_image, files))
        else:
            whole.replace(out)
    print(f'{out}: {out.stat().st_size / 2**20:.1f} MiB')
    return 0


def init(args: argparse.Namespace) -> int:
    from erpose.own_data import init
    init(args.source, args.val, args.images, args.category, args.out, args.force)
    return 0


def web(args: argparse.Namespace) -> int:
    from .web import serve
    models = [str(zoo.onnx_file(model)) for model in args.models or [zoo.DEFAULT]]
    serve(models, args.host, args.port, args.threads)
    return 0


def _progress(total: Optional[int]) -> Optional[tqdm]:
    """A progress bar, or None if tqdm is not installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit=' pictures', disable=not sys.stderr.isatty())


def _model_and_sources(words: List[str]) -> Tuple[Path, List[str]]:
    """Splits model and sources: the first word is the model if it is an alias or ONNX file.

    An alias takes precedence over a file or folder of that name: write ``./erpose-n``.

    Raises:
        FileNotFoundError: If the package does not contain the alias's file.
        ValueError: If there is no source.
    """
    has_model = zoo.is_model(words[0])
    sources = words[1:] if has_model else words
    if not sources:
        raise ValueError(f'{words[0]} is the model, but there is no source: add an image, '
                         'a folder, a video or a camera number')
    return zoo.onnx_file(words[0] if has_model else zoo.DEFAULT), sources


def _config_and_checkpoint(config: str, checkpoint: Optional[str]) -> Tuple[str, str]:
    """Paths of config and checkpoint; an alias has its checkpoint in the zoo.

    Raises:
        FileNotFoundError: If the config or the checkpoint does not exist.
        ValueError: If no checkpoint is given and the config is not an alias.
    """
    path = zoo.config(config)
    if not Path(path).is_file():
        raise FileNotFoundError(f'config not found: {config} is neither a file nor an '
                                f'alias of the zoo ({", ".join(zoo.aliases())})')
    if checkpoint is None:
        model = zoo.find(config)
        if model is None:
            raise ValueError(f'{config} needs a checkpoint: it is not an alias of the zoo '
                             f'({", ".join(zoo.aliases())})')
        checkpoint = model['Weights']
    return path, zoo.checkpoint(checkpoint)


def _found(predictor: Predictor, tracker: Optional[Tracker], sources: List[str],
           args: argparse.Namespace, failed: List[str]
           ) -> Iterator[Tuple[Frame, People]]:
    """Yields each frame with its people, tracked if there is a tracker."""
    from .track import LEAST_SCORE
    score = min(args.score, LEAST_SCORE) if tracker else args.score
    for batch in _batches(sources, max(args.batch, 1), failed):
        found = predictor.predict([frame.image for frame in batch], score)
        for frame, people in zip(batch, found):
            if tracker:
                people = tracker(frame, people).above(args.score)
            yield frame, people


def _draw(frame: Frame, people: People, predictor: Predictor,
          drawings: Optional[Drawings], show: bool, failed: List[str]) -> bool:
    """Draws a frame and records failures; False if drawing cannot continue."""
    from erpose.imaging.draw import draw
    if drawings is None and not show:
        return True
    drawn = draw(frame.image, people, predictor.skeleton, predictor.colours)
    if show and _show(drawn):
        raise KeyboardInterrupt
    try:
        if drawings is not None:
            drawings.add(frame, drawn)
        return True
    except (ValueError, OSError) as error:
        single = isinstance(error, ValueError) and frame.index is None
        failed.append(f'drawing {"one image" if single else "from here on"}: {error}')
        return single


def _write(records: Records, drawings: Optional[Drawings], json_file: Optional[Path],
           csv_file: Optional[Path], out: str, failed: List[str]) -> str:
    """Writes all results even if some fail; returns their paths."""
    from erpose.imaging.writers import keep
    written = [out] if drawings else []
    try:
        if drawings:
            drawings.close()
    except (ValueError, OSError) as error:
        failed.append(f'drawing the last video: {error}')
    for path, write in ((json_file, records.write_json), (csv_file, records.write_csv)):
        try:
            if path:
                written.append(str(keep(path, write)))
        except OSError as error:
            failed.append(f'{path}: {error}')
    return ', '.join(written)


def _batches(sources: List[str], size: int, failed: List[str]) -> Iterator[List[Frame]]:
    """Yields batches of frames; skips and records sources that cannot be read."""
    from erpose.imaging.sources import frames
    batch = []
    for source in sources:
        try:
            for frame in frames(source):
                batch.append(frame)
                if len(batch) == size:
                    yield batch
                    batch = []
        except ValueError as error:
            failed.append(str(error))
    if batch:
        yield batch


def _side(size: Optional[List[int]]) -> Optional[Tuple[int, int]]:
    if size is None:
        return None
    if len(size) > 2:
        raise ValueError(f'--size must be one or two numbers, got {size}')
    return (size[0], size[-1])


def _show(image: np.ndarray) -> bool:
    import cv2
    try:
        cv2.imshow('erpose', image)
    except cv2.error:
        raise ValueError('--show needs a display, and opencv-python instead of '
                         'opencv-python-headless') from None
    return cv2.waitKey(1) & 0xFF == ord('q')

