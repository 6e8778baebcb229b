"""The command ``erpose``."""
import argparse
import sys
import tempfile
from pathlib import Path
from typing import List, Optional

PREDICT = '''examples:
  erpose predict erpose-n.onnx photo.jpg                 draws photo.jpg into erpose_output/
  erpose predict erpose-n.onnx folder/ --json people.json
  erpose predict erpose-n.onnx video.mp4 --track         people keep their numbers
  erpose predict erpose-n.onnx 0 --show                  the first camera, in a window'''


def parser() -> argparse.ArgumentParser:
    main_parser = argparse.ArgumentParser(
        prog='erpose', description='Finds people and their keypoints in pictures.')
    commands = main_parser.add_subparsers(dest='command', required=True)
    predict = commands.add_parser(
        'predict', help='find the people in images, folders, videos, cameras',
        description='Finds the people in images, folders, videos and cameras.',
        epilog=PREDICT, formatter_class=argparse.RawDescriptionHelpFormatter)
    predict.add_argument('model', help='ONNX file, written by `erpose export`')
    predict.add_argument('sources', nargs='+', metavar='source',
                         help='image, folder, pattern, video, or the number of a camera')
    predict.add_argument('--out', default='erpose_output', metavar='DIR',
                         help='folder of the drawn pictures (default: %(default)s)')
    predict.add_argument('--no-draw', action='store_true', help='write no pictures')
    predict.add_argument('--json', metavar='FILE', help="people in COCO's result format")
    predict.add_argument('--ids', metavar='FILE',
                         help='annotation file whose ids of images and categories --json '
                              "carries, for pycocotools' loadRes")
    predict.add_argument('--csv', metavar='FILE', help='people, one a row')
    predict.add_argument('--score', type=float, default=0.3, metavar='S',
                         help='leave out people that score less (default: %(default)s)')
    predict.add_argument('--track', action='store_true',
                         help='number people, the same in all frames of a video '
                              "(needs erpose[track])")
    predict.add_argument('--size', type=int, nargs='+', metavar='N',
                         help='input side, or width and height, of a file with open sizes')
    predict.add_argument('--batch', type=int, default=1, metavar='N',
                         help='images at a time, for a file with an open batch')
    predict.add_argument('--threads', type=int, metavar='N', help='CPU threads')
    predict.add_argument('--provider', action='append', metavar='NAME',
                         help='ONNX Runtime execution provider, such as '
                              'CUDAExecutionProvider; may be repeated')
    predict.add_argument('--show', action='store_true', help='show a window; q ends')

    export = commands.add_parser(
        'export', help='write a trained model to ONNX (needs PyTorch and MMPose)')
    export.add_argument('config', help='config file')
    export.add_argument('checkpoint', help='its weights, .pth')
    export.add_argument('out', help='the ONNX file to write')
    export.add_argument('--size', type=int, nargs='+', metavar='N',
                        help="input side, or width and height (default: the config's)")
    export.add_argument('--dynamic', action='store_true',
                        help='leave batch, height and width open')
    export.add_argument('--raw', action='store_true',
                        help="ER-Pose's maps alone, for engines that run nothing but "
                             'convolutions: `erpose predict` decodes them')
    export.add_argument('--fp16', action='store_true', help='half the size')
    export.add_argument('--int8', metavar='DIR',
                        help='quantise, calibrated on images of the folder')

    web = commands.add_parser(
        'web', help='a page for the browser: drop a picture or a video, see its people')
    web.add_argument('models', nargs='+', metavar='model', help='ONNX files to choose from')
    web.add_argument('--host', default='127.0.0.1',
                     help='address to listen on (default: %(default)s, this machine '
                          'alone; 0.0.0.0 opens it to the network)')
    web.add_argument('--port', type=int, default=7860, help='default: %(default)s')
    web.add_argument('--threads', type=int, metavar='N', help='CPU threads')
    return main_parser


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the command; returns its exit status."""
    args = parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):  # a name that the locale lacks ends nothing
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='backslashreplace')
    try:
        return dict(predict=predict, export=export, web=web)[args.command](args)
    except (ValueError, ImportError, OSError) as error:
        print(f'erpose {args.command}: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def predict(args) -> int:
    from erpose.imaging.coco_ids import CocoIds
    from erpose.imaging.sources import count, expand
    from erpose.imaging.writers import Drawings, Records, writable

    from .predictor import Predictor
    from .track import Tracker
    tracker = Tracker(args.score) if args.track else None
    sources = expand(args.sources, Path(args.out))
    json_file, csv_file = writable(args.json), writable(args.csv)
    if args.ids and not json_file:
        raise ValueError('--ids says what --json carries: give both')
    predictor = Predictor(args.model, args.provider, args.threads, _side(args.size))
    ids = CocoIds(args.ids, predictor.names) if args.ids else None
    if ids:
        ids.check_any(sources)
    records = Records(predictor.names, ids)
    print(f'{Path(args.model).name}: {predictor.input_size[0]}x{predictor.input_size[1]}, '
          f'{len(predictor.names)} keypoints, running on {predictor.provider}')
    counts = [count(source) for source in sources]
    progress = _progress(None if None in counts else sum(counts))
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
                if not (json_file or csv_file):  # nothing else would be written
                    json_file = Path(args.out) / 'people.json'
                    break
    except KeyboardInterrupt:  # what was found so far is kept
        pass
    finally:
        if progress is not None:
            progress.close()
        written = _write(records, drawings, json_file, csv_file, args.out, failed)
        print(f'{total} people in {pictures} pictures; written: {written or "nothing"}')
    if records.unlisted:
        failed.append(f'{len(records.unlisted)} pictures in {args.json}, for example '
                      f'{records.unlisted[0]}')
    for message in failed:
        print(f'skipped {message}', file=sys.stderr)
    return 1 if failed else 0


def export(args) -> int:
    from erpose.imaging.images import read_image
    from erpose.imaging.sources import expand, is_video
    from erpose.imaging.writers import writable

    from .compress import to_float16, to_int8
    from .export import export_onnx, load_network
    if args.fp16 and args.int8:
        raise ValueError('choose one of --fp16 and --int8')
    files = [path for path in expand([args.int8]) if not is_video(path)
             ] if args.int8 else []
    if args.int8 and not files:
        raise ValueError(f'{args.int8}: no images to calibrate on')
    network, info = load_network(args.config, args.checkpoint, args.raw)
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
    serve(args.models, args.host, args.port, args.threads)
    return 0


def _progress(total: Optional[int]):
    """tqdm's bar; None where it is not installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit=' pictures', disable=not sys.stderr.isatty())


def _found(predictor, tracker, sources, args, failed: List[str]):
    """Every frame with its people, tracked if that is asked for."""
    from .track import LEAST_SCORE
    score = min(args.score, LEAST_SCORE) if tracker else args.score
    for batch in _batches(sources, max(args.batch, 1), failed):
        found = predictor.predict([frame.image for frame in batch], score)
        for frame, people in zip(batch, found):
            if tracker:
                people = tracker(frame, people).above(args.score)
            yield frame, people


def _draw(frame, people, predictor, drawings, show: bool, failed: List[str]) -> bool:
    """Draws, and notes what cannot be written; False if nothing more can."""
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
        one = isinstance(error, ValueError) and frame.index is None
        failed.append(f'drawing {"one picture" if one else "from here on"}: {error}')
        return one


def _write(records, drawings, json_file, csv_file, out: str, failed: List[str]) -> str:
    """Writes results, each whatever becomes of the others; returns where they are."""
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


def _batches(sources, size: int, failed: List[str]):
    """Frames in batches; a source that cannot be read is noted and passed over."""
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


if __name__ == '__main__':
    sys.exit(main())
