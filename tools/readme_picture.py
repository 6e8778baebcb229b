"""Makes the README's picture: `erpose predict` on free photographs and generated crowds.

    pip install scikit-image
    python tools/readme_picture.py docs/images/photographs.jpg [--model erpose-n.onnx]

The photographs come with scikit-image (Eileen Collins by NASA, public domain; a cameraman
by Lav Varshney, CC0) and matplotlib (Grace Hopper by the US Navy, public domain). The model
sees each row as one picture; people are drawn at the default score.
"""
import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import List

import cv2
import numpy as np

from erpose import cli
from erpose.datasets.synthetic import generate
from erpose.imaging import read_image

WIDTH = 1200
PHOTOGRAPHS = (('skimage', 'data/astronaut.png', 'scikit-image'),
               ('skimage', 'data/camera.png', 'scikit-image'),
               ('matplotlib', 'mpl-data/sample_data/grace_hopper.jpg', 'matplotlib'))


def photographs() -> List[Path]:
    """Paths of the photographs in the installed packages.

    Raises:
        FileNotFoundError: If a package or its photograph is missing.
    """
    paths = []
    for module, name, package in PHOTOGRAPHS:
        spec = importlib.util.find_spec(module)
        path = Path(spec.origin).parent / name if spec else None
        if path is None or not path.is_file():
            raise FileNotFoundError(f'no {name} of {module}: pip install {package}')
        paths.append(path)
    return paths


def row(paths: List[Path], height: int = 400) -> np.ndarray:
    """Joins the images side by side, WIDTH pixels wide in total."""
    images = [read_image(path) for path in paths]
    images = [cv2.resize(i, (round(i.shape[1] * height / i.shape[0]), height),
                         interpolation=cv2.INTER_AREA) for i in images]
    joined = np.hstack(images)
    return cv2.resize(joined, (WIDTH, round(height * WIDTH / joined.shape[1])))


def picture(model: str, seed: int) -> np.ndarray:
    """Draws both rows.

    Raises:
        RuntimeError: If `erpose predict` fails, after printing its error.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / 'rows'
        rows.mkdir()
        generate(folder / 'crowds', 3, seed, image_size=(400, 400), persons=(4, 8))
        crowds = sorted((folder / 'crowds' / 'images').iterdir())
        for number, paths in enumerate((photographs(), crowds)):
            cv2.imwrite(str(rows / f'{number}.png'), row(paths))
        if cli.main(['predict', model, str(rows), '--out', str(folder / 'drawn')]):
            raise RuntimeError('erpose predict failed: no picture is written')
        return np.vstack([read_image(folder / 'drawn' / f'{i}.png') for i in range(2)])


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', help='the JPEG to write')
    parser.add_argument('--model', default='erpose-n',
                        help='alias of the zoo, or ONNX file')
    parser.add_argument('--seed', type=int, default=3, help='seed of the crowds')
    args = parser.parse_args()
    try:
        drawn = picture(args.model, args.seed)
        if not cv2.imwrite(args.out, drawn, [cv2.IMWRITE_JPEG_QUALITY, 70]):
            raise OSError(f'cannot write {args.out}')
    except (OSError, RuntimeError) as error:
        sys.exit(f'readme_picture: {error}')
    print(f'{args.out}: {Path(args.out).stat().st_size / 1000:.0f} kB')
