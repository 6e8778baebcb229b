"""Makes the project's training and test sets from the official data sets.

    python tools/build_photographs.py DATA --coco data/coco
    python tools/build_photographs.py DATA --lsp-extended lspet_dataset --lsp lsp_dataset

COCO 2017 gives coco-mini and coco-more, by the lists of image ids in the repository; LSP
Extended and LSP (original size) give lsp, with scenes composed of its photographs, and
lsp-original.
"""
import argparse
import sys
from pathlib import Path

import erpose  # noqa: F401
from erpose_bench.photographs import build_coco, build_lsp, build_scenes

if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path, help='folder to write: ERPOSE_DATA in trainings')
    parser.add_argument('--coco', type=Path,
                        help='folder with annotations/, train2017/ and val2017/')
    parser.add_argument('--lsp-extended', type=Path, help='unpacked lspet_dataset')
    parser.add_argument('--lsp', type=Path, help='unpacked lsp_dataset_original')
    args = parser.parse_args()
    if not args.coco and not (args.lsp and args.lsp_extended):
        parser.error('give --coco, or --lsp-extended and --lsp')
    written = {}
    try:
        if args.coco:
            written.update(build_coco(args.coco, args.out))
        if args.lsp and args.lsp_extended:
            written.update(build_lsp(args.lsp_extended, args.lsp, args.out))
            written['lsp/val_scenes'] = build_scenes(args.out / 'lsp/val',
                                                     args.out / 'lsp/val_scenes')
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f'build_photographs: {error}')
    for name, count in written.items():
        print(f'{args.out / name}: {count} images')
