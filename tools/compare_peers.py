"""Compares AP and time of exported models with MoveNet MultiPose, on the same images.

    python tools/compare_peers.py val/annotations_coco17.json val/images \\
        --onnx erpose-n.onnx yolo_pose-n.onnx --movenet movenet-multipose-lightning.tflite
"""
import argparse
import sys
from pathlib import Path

import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose.evaluation import metric_of_files
from erpose_bench.peers import compare, movenet_subject, report
from erpose_bench.speed.benchmark import onnx_subject

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('annotations', help="JSON file in COCO's format, 17 keypoints")
    parser.add_argument('images', type=Path, help='folder of its images')
    parser.add_argument('--onnx', nargs='+', default=[], help='files of `erpose export`')
    parser.add_argument('--movenet', help='.tflite file of MoveNet MultiPose')
    parser.add_argument('--sizes', type=int, nargs='+', default=[256, 384],
                        help="MoveNet's input sizes (default: 256 384)")
    parser.add_argument('--threads', type=int, default=1, help='default: %(default)s')
    parser.add_argument('--rounds', type=int, default=5, help='default: %(default)s')
    args = parser.parse_args()
    try:
        subjects = [onnx_subject(path, args.threads, score_thr=0.05) for path in args.onnx]
        if args.movenet:
            subjects += [movenet_subject(args.movenet, size, args.threads)
                         for size in args.sizes]
        metric = metric_of_files(args.annotations, 'configs/_base_/datasets/coco.py')
        print(report(compare(subjects, args.images, metric, rounds=args.rounds)))
    except (ValueError, OSError, ImportError) as error:
        sys.exit(f'compare_peers: {error}')
