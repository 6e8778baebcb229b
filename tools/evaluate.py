"""Computes the AP of people in COCO's result format, written by any program.

    erpose predict erpose-n.onnx val/images --no-draw --score 0 --json people.json
    python tools/evaluate.py val/annotations.json people.json [more.json ...]

An image_id is that of the annotation file or the name of the image. Several files give one
row each, for example to compare float32 with float16 and int8.
"""
import argparse
import sys
from pathlib import Path

from tabulate import tabulate

import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose.evaluation import metric_of_files

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('annotations', help="JSON file in COCO's format")
    parser.add_argument('people', nargs='+', help="JSON files in COCO's result format")
    parser.add_argument('--metainfo', default='configs/_base_/datasets/coco.py',
                        help="MMPose's description of the keypoints (default: COCO's)")
    args = parser.parse_args()
    rows = []
    try:
        metric = metric_of_files(args.annotations, args.metainfo)
        for path in args.people:
            figures = metric.evaluate_file(path)
            rows = rows or [['people', *figures]]
            rows.append([Path(path).name, *(f'{100 * v:.2f}' for v in figures.values())])
    except (ValueError, OSError) as error:
        sys.exit(f'evaluate: {error}')
    print('In percent.\n')
    print(tabulate(rows, headers='firstrow', tablefmt='github', disable_numparse=True))
