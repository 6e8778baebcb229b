"""The command ``erpose``: its parsing. What it does is in :mod:`erpose.deploy.commands`."""
import argparse
import sys
from pathlib import Path
from typing import List, Optional

from erpose import zoo

PREDICT = '''examples:
  erpose predict photo.jpg                               draws photo.jpg into erpose_output/
  erpose predict erpose-n.onnx photo.jpg                 by a file of your own
  erpose predict erpose-n.onnx folder/ --json people.json
  erpose predict erpose-n.onnx video.mp4 --track         people keep their numbers
  erpose predict erpose-n.onnx 0 --show                  the first camera, in a window'''

INIT = '''examples:
  erpose init creature/annotations.json                  an annotation file of COCO's format
  erpose init roboflow_export/                           the folder that holds it
  erpose init creature/data.yaml                         a YOLO-pose data set
  erpose init train.json --val val.json --images photos'''

EXTRAS = dict(cv2='deploy', yaml='deploy', onnxruntime='deploy', onnx='export',
              onnxscript='export', gradio='web')
"""The extra of the package that installs a module."""


def parser() -> argparse.ArgumentParser:
    main_parser = argparse.ArgumentParser(
        prog='erpose', description='Finds people and their keypoints in pictures, and '
                                   'prepares a training on data of your own.')
    subparsers = main_parser.add_subparsers(dest='command', required=True)
    predict = subparsers.add_parser(
        'predict', help='find the people in images, folders, videos, cameras',
        usage='erpose predict [options] [model] source [source ...]',
        description='Finds the people in images, folders, videos and cameras.',
        epilog=PREDICT, formatter_class=argparse.RawDescriptionHelpFormatter)
    predict.add_argument('sources', nargs='+', metavar='source',
                         help='image, folder, pattern, video, or the number of a camera; '
                              'the first may be the model: an ONNX file, written by '
                              '`erpose export`, or an alias of the zoo (default: '
                              f'{zoo.DEFAULT})')
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

    export = subparsers.add_parser(
        'export', help='write a trained model to ONNX (needs PyTorch and MMPose)')
    export.add_argument('config', help='config file, or alias of the zoo')
    export.add_argument('checkpoint', nargs='?',
                        help='its weights, .pth; may be left out for an alias')
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

    init = subparsers.add_parser(
        'init', help='prepare a training on your own data: COCO files, YOLO-pose data sets',
        description='Reads annotated keypoints, and writes their description and a config '
                    'that fine-tunes the zoo\'s erpose-n. The data stay as and where they '
                    'are.',
        epilog=INIT, formatter_class=argparse.RawDescriptionHelpFormatter)
    init.add_argument('source', type=Path,
                      help="annotation file in COCO's format, data.yaml of a YOLO-pose "
                           'data set, or the folder of either')
    init.add_argument('--val', type=Path, metavar='SOURCE',
                      help='to validate on; of YOLO a folder or list of images (default: '
                           'what the source names, else a tenth of its images)')
    init.add_argument('--images', type=Path, metavar='DIR',
                      help='folder of the images (default: looked for beside the source)')
    init.add_argument('--category', action='append', metavar='NAME',
                      help='whose keypoints are used, where several categories have some; '
                           'may be repeated where they share them')
    init.add_argument('--out', type=Path, metavar='DIR',
                      help='folder to write to, whose name the config takes '
                           '(default: named after the source)')
    init.add_argument('--force', action='store_true', help='write over files of before')

    web = subparsers.add_parser(
        'web', help='a page for the browser: drop a picture or a video, see its people')
    web.add_argument('models', nargs='*', metavar='model',
                     help='ONNX files and aliases of the zoo to choose from '
                          f'(default: {zoo.DEFAULT})')
    web.add_argument('--host', default='127.0.0.1',
                     help='address to listen on (default: %(default)s, this machine '
                          'alone; 0.0.0.0 opens it to the network)')
    web.add_argument('--port', type=int, default=7860, help='default: %(default)s')
    web.add_argument('--threads', type=int, metavar='N', help='CPU threads')
    return main_parser


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the command; returns its exit status."""
    args = _parse(argv)
    for stream in (sys.stdout, sys.stderr):  # a name that the locale lacks ends nothing
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='backslashreplace')
    try:
        from erpose.deploy import commands
        return getattr(commands, args.command)(args)
    except ModuleNotFoundError as error:
        remedy = EXTRAS.get((error.name or '').split('.')[0])
        said = f"{error}: pip install 'erpose[{remedy}]'" if remedy else error
        print(f'erpose {args.command}: {said}', file=sys.stderr)
        return 1
    except (ValueError, ImportError, OSError) as error:
        print(f'erpose {args.command}: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses, and takes sources after options too, which argparse leaves over."""
    whole = parser()
    args, rest = whole.parse_known_args(argv)
    if args.command != 'predict' or any(word.startswith('-') for word in rest):
        return whole.parse_args(argv)  # says what is wrong with them
    args.sources += rest
    return args


if __name__ == '__main__':
    sys.exit(main())
