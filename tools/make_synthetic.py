"""Writes a synthetic crowd data set: images and a COCO-style annotation file.

Example:
    python tools/make_synthetic.py data/synthetic --num 100 --seed 0
"""
import argparse
from typing import List, Optional

from erpose.datasets.synthetic import generate


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', help='folder for images/ and annotations.json')
    parser.add_argument('--num', type=int, default=100, help='number of images')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--size', type=int, nargs=2, default=(512, 512),
                        metavar=('WIDTH', 'HEIGHT'), help='size of the images, in pixels')
    parser.add_argument('--persons', type=int, nargs=2, default=(1, 8),
                        metavar=('MIN', 'MAX'), help='persons in an image')
    parser.add_argument('--crowding', type=float,
                        help='probability that a person stands close to another, 0 to 1; '
                        'random for each image if not given')
    parser.add_argument('--metainfo', default='configs/_base_/datasets/coco.py',
                        help='config with the keypoint set (dataset_info)')
    parser.add_argument('--force', action='store_true',
                        help='replace an earlier set in OUT')
    return parser


def main(argv: Optional[List[str]] = None) -> None:
    parser = build_parser()
    args = parser.parse_args(argv)
    try:
        content = generate(args.out, args.num, args.seed, tuple(args.size),
                           tuple(args.persons), dict(from_file=args.metainfo),
                           overwrite=args.force, crowding=args.crowding)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    print(f'{args.out}: {len(content["images"])} images, '
          f'{len(content["annotations"])} persons')


if __name__ == '__main__':
    main()
