"""Finds people in generated crowds and in a photograph, and draws them.

    python tools/demo.py [IMAGE] [--model erpose-n] [--out demo_output]
"""
import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault('PYTHONWARNINGS', 'ignore')

import erpose  # noqa: F401, E402  (first: it makes mmpose importable)


def default_photograph() -> str:
    """A picture of a person that matplotlib installs with its sample data."""
    import matplotlib
    return str(Path(matplotlib.get_data_path()) / 'sample_data' / 'grace_hopper.jpg')


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('image', nargs='?', default=None, help='a photograph of people')
    parser.add_argument('--model', default='erpose-n', help='alias or config of the zoo')
    parser.add_argument('--out', default='demo_output', help='where to write')
    parser.add_argument('--num', type=int, default=4, help='generated crowds')
    parser.add_argument('--score-thr', type=float, default=0.2)
    args = parser.parse_args()
    args.image = args.image or default_photograph()
    if not Path(args.image).is_file():
        sys.exit(f'{args.image}: no such image')
    return args


def main():
    args = parse_args()
    from mmpose.apis import MMPoseInferencer

    from erpose.datasets.synthetic import generate

    out = Path(args.out)
    generate(out / 'crowds', args.num, seed=0, overwrite=True)
    images = sorted(map(str, (out / 'crowds' / 'images').glob('*.jpg')))
    inferencer = MMPoseInferencer(args.model)
    for image in [*images, args.image]:
        start = time.perf_counter()
        result = next(inferencer(image, out_dir=str(out), bbox_thr=args.score_thr))
        seconds = time.perf_counter() - start
        people = result['predictions'][0]
        print(f'{image}: {len(people)} people in {1000 * seconds:.0f} ms, scores',
              ', '.join(f'{p["bbox_score"]:.2f}' for p in people) or '-')
    print(f'drawn: {out / "visualizations"}   keypoints: {out / "predictions"}')


if __name__ == '__main__':
    main()
