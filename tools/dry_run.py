"""Runs a few training steps: checks data, weights and memory, and estimates the time.

    python tools/dry_run.py configs/erpose/erpose-n_8xb32-300e_coco-640x640.py --gpus 8
"""
import argparse
import functools
import os
import sys

if __name__ == '__main__' and not {'-h', '--help'}.intersection(sys.argv):
    print('dry run: loading PyTorch and MMPose', flush=True)

import erpose  # noqa: F401, I001  (first: it makes mmpose importable)
from mmengine.config import Config, DictAction

from erpose.engine.dry_run import dry_run, forecast

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('--steps', type=int, default=10)
    parser.add_argument('--gpus', type=int, default=1, help='devices of the real training')
    parser.add_argument('--data-root', help='folder of the data sets (ERPOSE_DATA)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={})
    args = parser.parse_args()
    if args.data_root:
        os.environ['ERPOSE_DATA'] = args.data_root.rstrip('/')
    try:
        say = functools.partial(print, 'dry run:', flush=True)
        say(f'reading {args.config}')
        config = Config.fromfile(args.config)
        config.merge_from_dict(args.cfg_options)
        print('\n'.join(forecast(config, dry_run(config, args.steps, say), args.gpus)))
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f'dry run: {error}')
