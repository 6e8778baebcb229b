"""Parameters and GFLOPs of configs as they are deployed (one multiply-add: two FLOPs).

    python tools/complexity.py configs/erpose/*_coco-640x640.py --size 640
"""
import argparse
from pathlib import Path

from mmengine.config import Config

import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose.experiments.speed import complexity, deployed

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--size', type=int, default=640)
    args = parser.parse_args()
    print('| config | parameters (M) | GFLOPs |\n|---|---|---|')
    for path in args.configs:
        counts = complexity(deployed(Config.fromfile(path)), args.size)
        print(f"| {Path(path).stem} | {counts['params']:.2f} | {counts['gflops']:.2f} |")
