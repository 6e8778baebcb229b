"""Counts parameters and GFLOPs of configs as deployed (a multiply-add is two FLOPs).

    python tools/complexity.py configs/erpose/*_coco-640x640.py --size 640
"""
import argparse
from pathlib import Path

from mmengine.config import Config

import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose.engine import deployed_model
from erpose_bench.speed.complexity import complexity
from erpose_bench.tables import table

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--size', type=int, default=640)
    args = parser.parse_args()
    rows = [['config', 'parameters (M)', 'GFLOPs']]
    for path in args.configs:
        counts = complexity(deployed_model(Config.fromfile(path)), (args.size, args.size))
        rows.append([Path(path).stem, f"{counts['params']:.2f}", f"{counts['gflops']:.2f}"])
    print(table(rows))
