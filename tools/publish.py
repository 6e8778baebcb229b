"""Strips a checkpoint to weights and metadata, or packs it to resume training elsewhere.

    python tools/publish.py work_dirs/x/epoch_30.pth erpose-n.pth --origin "RTMDet-nano …"
    python tools/publish.py work_dirs/x/epoch_30.pth paused.pth --resumable
"""
import argparse
import os

import erpose
from erpose.engine.checkpoint import pack_checkpoint, strip_checkpoint

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('checkpoint', help='checkpoint written in training')
    parser.add_argument('target', help='the file to write')
    parser.add_argument('--origin', default='', help='what the training started from')
    parser.add_argument('--resumable', action='store_true',
                        help='keep what --resume needs, in half precision')
    args = parser.parse_args()
    if args.resumable:
        pack_checkpoint(args.checkpoint, args.target)
    else:
        strip_checkpoint(args.checkpoint, args.target, origin=args.origin,
                         erpose_version=erpose.__version__)
    print(f'{args.target}: {os.path.getsize(args.target) / 2**20:.1f} MiB')
