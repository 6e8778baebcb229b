"""Command line ``erpose``: the parser. :mod:`erpose.deploy.commands` runs the commands."""
import argparse
import sys
from pathlib import Path
from typing import List, Optional

from erpose import zoo

PREDICT = '''examples:
  erpose predict photo.jpg                               writes erpose_output/photo.jpg
  erpose predict erpose-n.onnx photo.jpg                 with your own ONNX file
  erpose predict erpose-n.onnx folder/ --json people.json
  erpose predict erpose-n.onnx video.mp4 --track         tracks people
  erpose predict erpose-n.onnx 0 --show                  the first camera, in a window'''

INIT = '''examples:
  erpose init creature/annotations.json                  a COCO annotation file
  erpose init roboflow_export/                           a folder with such a file
  erpose init creature/data.yaml                         a YOLO-pose data set
  erpose init train.json --val val.json --images photos'''

EXTRAS = dict(cv2='deploy', yaml='deploy', onnxruntime='deploy', onnx='export',
              onnxscript='export', gradio='web')
"""Extra of erpose that installs each module."""


def parser() -> argparse.ArgumentParser:
    main_parser = argparse.ArgumentParser(
        prog='erpose', description='Finds people and their keypoints in images, and '
                                   'prepares training on your own data.')
    subparsers = main_parser.add_subparsers(dest='command', required=True)
    predict = subparsers.add_parser(
        'predict', help='find the people in images, folders, videos, cameras',
        usage='erpose predict [options] [model] source [source ...]',
        description='Finds the people in images, folders, videos and cameras.',
        epilog=PREDICT, formatter_class=argparse.RawDescriptionHelpFormatter)
    predict.add_argument('sources', nargs='+', metavar='source',
                         help='image, folder, pattern, video or camera number; the first '
                              'may be the model: an ONNX file written by '
                              '`erpose export`, or an alias of the zoo (default: '
                              f'{zoo.DEFAULT})')
    predict.add_argument('--out', default='erpose_output', metavar='DIR',
                         help='folder for the drawn images (default: %(default)s)')
    predict.add_argument('--no-draw', action='store_true', help='do not draw images')
    predict.add_argument('--json', metavar='FILE', help="people in COCO's result format")
    predict.add_argument('--ids', metavar='FILE',
                         help='annotation file: --json uses its image and category ids, '
                              "as pycocotools' loadRes expects")
    predict.add_argument('--csv', metavar='FILE', help='people, one per row')
    predict.add_argument('--score', type=float, default=0.3, metavar='S',
                         help='drop people with a lower score (default: %(default)s)')
    predict.add_argument('--track', action='store_true',
                         help='track people through each video (needs erpose[track])')
    predict.add_argument('--size', type=int, nargs='+', metavar='N',
                         help='input side, or width and height, for a model with a '
                              'dynamic input size')
    predict.add_argument('--batch', type=int, default=1, metavar='N',
                         help='batch size, for a model with a dynamic batch')
    predict.add_argument('--threads', type=int, metavar='N', help='CPU threads')
    predict.add_argument('--provider', action='append', metavar='NAME',
                         help='ONNX Runtime execution provider, such as '
                              'CUDAExecutionProvider; may be repeated')
    predict.add_argument('--show', action='store_true',
                         help='show the images in a window; press q to quit')

    export = subparsers.add_parser(
        'export', help='write a trained model to ONNX (needs PyTorch and MMPose)')
    export.add_argument('config', help='config file, or alias of the zoo')
    export.add_argument('checkpoint', nargs='?',
                        help='its weights (.pth); optional for an alias')
    export.add_argument('out', help='the ONNX file to write')
    export.add_argument('--size', type=int, nargs='+', metavar='N',
                        help="input side, or width and height (default: the config's)")
    export.add_argument('--dynamic', action='store_true',
                        help='make batch, height and width dynamic')
    export.add_argument('--raw', action='store_true',
                        help="output ER-Pose's maps, for engines that only run "
                             'convolutions; `erpose predict` decodes them')
    export.add_argument('--fp16', action='store_true',
                        help='convert to float16: half the file size')
    export.add_argument('--int8', metavar='DIR',
                        help='quantise to int8, calibrated on the images in DIR')

    init = subparsers.add_parser(
        'init', help='prepare training on your own data (COCO or YOLO-pose)',
        description='Reads a keypoint data set, and writes its metainfo and a config that '
                    'fine-tunes erpose-n of the zoo. The data set is neither changed nor '
                    'copied.',
        epilog=INIT, formatter_class=argparse.RawDescriptionHelpFormatter)
    init.add_argument('source', type=Path,
                      help='COCO annotation file, data.yaml of a YOLO-pose data set, or '
                           'a folder with either')
    init.add_argument('--val', type=Path, metavar='SOURCE',
                      help='validation set; for YOLO a folder or list of images (default: '
                           'the one that the source names, else a tenth of its images)')
    init.add_argument('--images', type=Path, metavar='DIR',
                      help='folder of the images (default: searched for near the source)')
    init.add_argument('--category', action='append', metavar='NAME',
                      help='category to train on, if several have keypoints; may be '
                           'repeated if they share their keypoints')
    init.add_argument('--out', type=Path, metavar='DIR',
                      help='output folder, which also names the config '
                           '(default: named after the source)')
    init.add_argument('--force', action='store_true', help='overwrite existing files')

    web = subparsers.add_parser(
        'web', help='serve a web page that finds people in images and videos')
    web.add_argument('models', nargs='*', metavar='model',
                     help='ONNX files or aliases of the zoo to choose from '
                          f'(default: {zoo.DEFAULT})')
    web.add_argument('--host', default='127.0.0.1',
                     help='address to listen on (default: %(default)s, this machine '
                          'only; 0.0.0.0 opens it to the network)')
    web.add_argument('--port', type=int, default=7860, help='default: %(default)s')
    web.add_argument('--threads', type=int, metavar='N', help='CPU threads')
    return main_parser


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the command; returns its exit status."""
    args = _parse(argv)
    for stream in (sys.stdout, sys.stderr):  # escape what the locale cannot encode
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='backslashreplace')
    try:
        from erpose.deploy import commands
        return getattr(commands, args.command)(args)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or '').split('.')[0])
        message = f"{error}: pip install 'erpose[{extra}]'" if extra else error
        print(f'erpose {args.command}: {message}', file=sys.stderr)
        return 1
    except (ValueError, ImportError, OSError) as error:
        print(f'erpose {args.command}: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parse(argv: Optional[List[str]]) -> argparse.Namespace:
    """Parses the arguments. Sources may follow options, which argparse does not allow."""
    main_parser = parser()
    args, rest = main_parser.parse_known_args(argv)
    if args.command != 'predict' or any(word.startswith('-') for word in rest):
        return main_parser.parse_args(argv)  # reports unknown arguments
    args.sources += rest
    return args


if __name__ == '__main__':
    sys.exit(main())
