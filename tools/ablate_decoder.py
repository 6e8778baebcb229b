"""Prints a table of what each part of ER-Pose's decoder brings.

    python tools/ablate_decoder.py CONFIG CHECKPOINT --data-root DATA

Accuracy and duplicates are those of `mim test`. Nodes and milliseconds are those that the
decoder adds to the exported file, in ONNX Runtime on one thread.
"""
import argparse
import os

from mmengine.config import Config
from mmengine.logging import MMLogger

import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose_bench.decoders import ablate, report

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('checkpoint')
    parser.add_argument('--data-root', default=os.environ.get('ERPOSE_DATA', 'data'),
                        help='folder of the data sets (ERPOSE_DATA; default: %(default)s)')
    parser.add_argument('--rounds', type=int, default=20,
                        help='timed runs of each file (default: %(default)s)')
    args = parser.parse_args()
    os.environ['ERPOSE_DATA'] = args.data_root.rstrip('/')
    MMLogger.get_instance('mmengine', log_level='WARNING')
    print(report(ablate(Config.fromfile(args.config), args.checkpoint, args.rounds)))
