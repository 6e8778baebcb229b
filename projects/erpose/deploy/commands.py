"""What the command ``erpose`` does: predict, export, web."""
import sys
import tempfile
import time
from pathlib import Path
from typing import List, Optional, Tuple

from erpose import zoo


def predict(args) -> int:
    from .draw import draw
    from .predictor import Predictor
    from .sources import count, expand
    from .writers import Drawings, Records, writable
    model, sources = _model_and_sources(args.sources)
    sources = expand(sources)
    json_file, csv_file = writable(args.json), writable(args.csv)
    predictor = Predictor(model, args.provider, args.threads, _side(args.size))
    print(f'{model.name}: {predictor.input_size[0]}x{predictor.input_size[1]}, '
          f'{len(predictor.names)} keypoints, running on {predictor.provider}')
    counts = [count(source) for source in sources]
    progress = Progress(None if None in counts else sum(counts))
    drawings = None if args.no_draw else Drawings(Path(args.out))
    records, failed = Records(predictor.names), []
    try:
        for batch in _batches(sources, max(args.batch, 1), failed):
            found = predictor.predict([frame.image for frame in batch], args.score)
            for frame, people in zip(batch, found):
                records.add(frame, people)
                progress.step(len(people.scores))
                if drawings is None and not args.show:
                    continue
                drawn = draw(frame.image, people, predictor.skeleton, predictor.colours)
                if drawings is not None:
                    drawings.add(frame, drawn)
                if args.show and _show(drawn):
                    raise KeyboardInterrupt
    except KeyboardInterrupt:  # what was found so far is kept
        pass
    finally:
        if drawings is not None:
            drawings.close()
        progress.end()
        if json_file:
            records.write_json(json_file)
        if csv_file:
            records.write_csv(csv_file)
    outputs = [drawings and args.out, json_file, csv_file]
    written = ', '.join(str(path) for path in outputs if path)
    print(f'{progress.people} people in {progress.done} pictures; '
          f'written: {written or "nothing"}')
    for message in failed:
        print(f'skipped {message}', file=sys.stderr)
    return 1 if failed else 0


def export(args) -> int:
    from .compress import to_float16, to_int8
    from .export import export_onnx, load_network
    from .sources import IMAGES, read_image
    from .writers import writable
    if args.fp16 and args.int8:
        raise ValueError('choose one of --fp16 and --int8')
    files = [path for path in sorted(Path(args.int8).iterdir())
             if path.suffix.lower() in IMAGES] if args.int8 else []
    if args.int8 and not files:
        raise ValueError(f'{args.int8}: no images to calibrate on')
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


def web(args) -> int:
    from .web import serve
    models = [str(zoo.onnx_file(model)) for model in args.models or [zoo.DEFAULT]]
    serve(models, args.host, args.port, args.threads)
    return 0


def _model_and_sources(words: List[str]) -> Tuple[Path, List[str]]:
    """Tells the model from the sources: the first word if it is an alias or an ONNX file.

    An alias is one even where a file or a folder is called so: ``./erpose-n`` is the file.

    Raises:
        FileNotFoundError: If the package carries no file of the alias.
        ValueError: If there is no source.
    """
    named = zoo.is_model(words[0])
    sources = words[1:] if named else words
    if not sources:
        raise ValueError(f'{words[0]} is the model: name an image, a folder, a video or a '
                         'camera after it')
    return zoo.onnx_file(words[0] if named else zoo.DEFAULT), sources


def _config_and_checkpoint(config: str, checkpoint: Optional[str]) -> Tuple[str, str]:
    """Paths of both; the zoo has the checkpoint of an alias.

    Raises:
        FileNotFoundError: If there is no such config, or the name is no alias.
        ValueError: If there is no checkpoint.
    """
    path = zoo.config(config)
    if not Path(path).is_file():
        raise FileNotFoundError(f'no config {config}: neither a file nor an alias of the '
                                f'zoo ({", ".join(zoo.aliases())})')
    model = zoo.find(config)
    if checkpoint is None and model is None:
        raise ValueError(f'{config} is no alias of the zoo ({", ".join(zoo.aliases())}): '
                         'name its checkpoint after it')
    return path, zoo.checkpoint(checkpoint or model['Weights'])


class Progress:
    """A line that says how far it is and how fast; plain where there is no terminal."""

    def __init__(self, total: Optional[int]):
        self.total, self.done, self.people = total, 0, 0
        self.begin = self.shown = time.time()
        self.live = sys.stderr.isatty()

    def step(self, people: int) -> None:
        self.done += 1
        self.people += people
        if self.live and time.time() - self.shown > 0.1:
            self.shown = time.time()
            self._print()

    def end(self) -> None:
        if self.live:
            self._print()
            print(file=sys.stderr)

    def _print(self) -> None:
        speed = self.done / max(time.time() - self.begin, 1e-6)
        bar = ''
        if self.total:
            filled = round(20 * min(self.done / self.total, 1))
            bar = f'[{"#" * filled}{"." * (20 - filled)}] '
        of = f'/{self.total}' if self.total else ''
        print(f'\r{bar}{self.done}{of} pictures, {self.people} people, {speed:.1f}/s ',
              end='', file=sys.stderr, flush=True)


def _batches(sources, size: int, failed: List[str]):
    """Frames in batches; a source that cannot be read is noted and passed over."""
    from .sources import frames
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


def _side(size: Optional[List[int]]):
    if size is None:
        return None
    if len(size) > 2:
        raise ValueError(f'--size takes one or two numbers, got {size}')
    return (size[0], size[-1])


def _show(image) -> bool:
    import cv2
    try:
        cv2.imshow('erpose', image)
    except cv2.error:
        raise ValueError('--show needs a screen, and opencv-python in place of '
                         'opencv-python-headless') from None
    return cv2.waitKey(1) & 0xFF == ord('q')

