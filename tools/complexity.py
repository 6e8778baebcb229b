"""Parameters and GFLOPs of configs as they are deployed (one multiply-add: two FLOPs).

    python tools/complexity.py configs/erpose/*_coco-640x640.py --size 640
"""
import argparse
from pathlib import Path

import torch
from mmengine.analysis import get_model_complexity_info
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import erpose  # noqa: F401  (first: it makes mmpose importable)


def complexity(config: str, size: int):
    """Millions of parameters and GFLOPs at ``size`` x ``size``."""
    init_default_scope('mmpose')
    model = MODELS.build(Config.fromfile(config).model).eval()
    model.switch_to_deploy()
    with torch.no_grad():
        counts = get_model_complexity_info(
            model, inputs=(torch.zeros(1, 3, size, size), None), show_table=False,
            show_arch=False)
    return counts['params'] / 1e6, 2 * counts['flops'] / 1e9


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--size', type=int, default=640)
    args = parser.parse_args()
    print('| config | parameters (M) | GFLOPs |\n|---|---|---|')
    for path in args.configs:
        params, gflops = complexity(path, args.size)
        print(f'| {Path(path).stem} | {params:.2f} | {gflops:.2f} |')
