"""Paints textured backgrounds for the figures."""
from typing import Sequence, Tuple

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .figure import Colour
from .looks import bgr

SKIES = [('6fa8dc', 'e3f0fa'), ('8fb8de', 'fdf6e3'), ('f2a65a', 'fbe3c4'),
         ('9fb3c8', 'e8edf2'), ('5b7fa6', 'f7d9c4')]
GRASS = ['7a9e4b', '6b8f47', '93a65a', '5f8a55']
PAVING = ['a9a49c', '8d9299', 'b8ab98', '7d7f86']
SAND = ['e2c998', 'dcc08a', 'ead7ae']
FLOORS = ['a9764a', 'c49a6c', '8a6a4f', '9c9186']
FACADES = ['c98f6b', 'd8c3a5', '9aa5b1', 'b0796b', 'e0cda9', '7f8c8d', 'a3b18a', 'c9ada7']
WALLS = ['d9cfc1', 'a7bcc9', 'c7b7a3', 'b5c4b1', 'd8b4a0', '8fa3ad', 'e4dccf']
FRAMES = ['f4f1ea', '3b2f2a']
LAMPS = ['ffd166', 'ffb38a', 'f28482', '84dcc6', 'cdb4db']
EVENING = ['6d6875', '5c677d', '7d6b7d']
FOLIAGE = ['3f6b3a', '527f45', '6a944f', '7fa65c', '89a34a', '4a7a5c']


def paint_background(rng: np.random.Generator, size: Tuple[int, int],
                     horizon: float) -> np.ndarray:
    """Paints a park, a street, a beach, a room or a field of lights.

    Args:
        rng (np.random.Generator): Generator of the image.
        size (tuple[int, int]): Width and height, in pixels.
        horizon (float): y of the horizon, relative to the image height.

    Returns:
        np.ndarray: BGR, uint8, (H, W, 3).
    """
    width, height = size
    level = int(np.clip(horizon * height, 1, height - 1))
    image = np.empty((height, width, 3), dtype=np.uint8)
    place = rng.choice(5, p=[.3, .25, .15, .2, .1])
    (_park, _street, _beach, _room, _lights)[place](rng, image, level)
    return image


def value_noise(rng: np.random.Generator, size: Tuple[int, int], cells: int,
                octaves: int = 3) -> np.ndarray:
    """Generates smooth noise; each octave has twice the frequency and half the amplitude.

    Args:
        rng (np.random.Generator): Generator of the image.
        size (tuple[int, int]): Width and height.
        cells (int): Cells of the first octave along each side.
        octaves (int): Number of octaves. Defaults to 3.

    Returns:
        np.ndarray: Values from -1 to 1, float32, (H, W).
    """
    noise = np.zeros(size[::-1], dtype=np.float32)
    for octave in range(octaves):
        n = cells << octave
        grid = rng.random((n, n), dtype=np.float32) * 2 - 1
        noise += 0.5**octave * cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
    return noise * np.float32(1 / (2 - 0.5**(octaves - 1)))


def _park(rng: np.random.Generator, image: np.ndarray, level: int) -> None:
    height, width = image.shape[:2]
    _sky(rng, image[:level], clouds=True)
    for row in range(3):  # far to near, dark to light
        colour = np.array(bgr(_pick(rng, FOLIAGE))) * (0.75 + 0.13 * row)
        for x in np.arange(0, width, width / 22) + rng.uniform(-9, 9, 22):
            radius = int(height * rng.uniform(.03, .085) * (1.35 - .3 * row))
            tone = (colour * rng.uniform(.85, 1.12)).tolist()
            centre = (int(x), int(level - (.5 - .25 * row) * radius))
            cv2.circle(image, centre, radius, tone, -1, cv2.LINE_AA)
    _ground(rng, image, level, bgr(_pick(rng, GRASS)), 22, 0.22)
    if rng.random() < .5:
        x, target = rng.uniform(.1, .9, 2) * width
        path = np.array([[target - 2, level], [target + 2, level], [x + .3 * width, height],
                         [x - .2 * width, height]]).astype(np.int32)
        cv2.fillPoly(image, [path], bgr(_pick(rng, SAND)), cv2.LINE_AA)


def _street(rng: np.random.Generator, image: np.ndarray, level: int) -> None:
    height, width = image.shape[:2]
    _sky(rng, image[:level], clouds=False)
    x = -int(rng.integers(0, 20))
    while x < width:
        across, up = int(width * rng.uniform(.14, .3)), int(level * rng.uniform(.55, 1.1))
        colour = np.array(bgr(_pick(rng, FACADES))) * rng.uniform(.75, 1)
        cv2.rectangle(image, (x, level - up), (x + across, level), colour.tolist(), -1)
        _windows(rng, image, (x, level - up, across, up), colour)
        x += across
    _ground(rng, image, level, bgr(_pick(rng, PAVING)), 20, 0.1)
    _perspective_lines(rng, image, level, 0.9)


def _beach(rng: np.random.Generator, image: np.ndarray, level: int) -> None:
    height, width = image.shape[:2]
    _sky(rng, image[:level], clouds=True)
    shore = level + max(1, int(height * rng.uniform(.04, .12)))
    _ground(rng, image, shore, bgr(_pick(rng, SAND)), 26, 0.1)
    sea = _gradient((width, shore - level), bgr('4a90a4'), bgr('8fc9c5'))
    streaks = value_noise(rng, (width, shore - level), 16, 2)[..., None]
    image[level:shore] = np.clip(sea + 26 * streaks, 0, 255)
    cv2.line(image, (0, shore), (width, shore), bgr('f3f5ee'), 2, cv2.LINE_AA)


def _room(rng: np.random.Generator, image: np.ndarray, level: int) -> None:
    height, width = image.shape[:2]
    wall = np.array(bgr(_pick(rng, WALLS)))
    shade = 1 + .05 * value_noise(rng, (width, level), 5)[..., None].repeat(3, axis=2)
    shade *= _gradient((width, level), 1.06 * wall, .9 * wall)
    image[:level] = np.clip(shade, 0, 255)
    if rng.random() < .5:
        step = max(1, int(width * rng.uniform(.04, .1)))
        for x in range(int(rng.integers(step)), width, 2 * step):
            stripe = image[:level, x:x + step]
            stripe[:] = cv2.convertScaleAbs(stripe, alpha=.93)
    for _ in range(rng.integers(0, 4)):
        w, h = (rng.uniform(.08, .22, 2) * width).astype(int).tolist()
        x, y = int(rng.uniform(0, .9) * width), int(rng.uniform(.05, .5) * level)
        cv2.rectangle(image, (x, y), (x + w, y + h), bgr(_pick(rng, FRAMES)), -1)
        cv2.rectangle(image, (x + 3, y + 3), (x + w - 3, y + h - 3),
                      bgr(_pick(rng, FACADES + FOLIAGE)), -1)
    _ground(rng, image, level, bgr(_pick(rng, FLOORS)), 14, 0.12)
    _perspective_lines(rng, image, level, 0.82)
    cv2.rectangle(image, (0, level - 3), (width, level + 1), bgr('efe9df'), -1)


def _lights(rng: np.random.Generator, image: np.ndarray, level: int) -> None:
    """Paints an evening with blurred lamps."""
    height, width = image.shape[:2]
    image[:level] = _gradient((width, level), bgr('2b3a67'), bgr('a26769'))
    glow = np.zeros((level, width, 3), dtype=np.uint8)
    for _ in range(rng.integers(15, 40)):
        centre = (int(rng.integers(width)), int(level * rng.beta(4, 2)))
        colour = np.array(bgr(_pick(rng, LAMPS)))
        cv2.circle(glow, centre, int(width * rng.uniform(.008, .03)),
                   (rng.uniform(.3, .8) * colour).tolist(), -1, cv2.LINE_AA)
    image[:level] = cv2.add(image[:level], cv2.GaussianBlur(glow, (0, 0), 1.2))
    _ground(rng, image, level, bgr(_pick(rng, EVENING)), 18, 0.12)


def _sky(rng: np.random.Generator, sky: np.ndarray, clouds: bool) -> None:
    height, width = sky.shape[:2]
    top, bottom = (bgr(code) for code in SKIES[rng.integers(len(SKIES))])
    colours = _gradient((width, height), top, bottom)
    if clouds:
        cover = np.clip(2 * value_noise(rng, (width, height), 3, 4) - .1, 0, .8)[..., None]
        colours += cover * (250 - colours)
    sky[:] = colours


def _ground(rng: np.random.Generator, image: np.ndarray, level: int, colour: Colour,
            cells: int, contrast: float) -> None:
    """Paints a plane with a texture that shrinks towards the horizon."""
    height, width = image.shape[:2]
    tile = value_noise(rng, (128, 128), cells)
    near, far = width * 1.2, width * .25
    target = np.array([[width / 2 - far * 2, level], [width / 2 + far * 2, level],
                       [width / 2 + near * 2, height], [width / 2 - near * 2, height]])
    source = np.array([[0, 0], [320, 0], [320, 320], [0, 320]])  # the tile, repeated
    warp = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    texture = cv2.warpPerspective(tile, warp, (width, height),
                                  borderMode=cv2.BORDER_REFLECT)
    colour = np.array(colour)
    plane = _gradient((width, height - level), 1.12 * colour, .88 * colour)
    plane *= 1 + contrast * texture[level:, :, None]
    image[level:] = np.clip(plane, 0, 255)


def _perspective_lines(rng: np.random.Generator, image: np.ndarray, level: int,
                       factor: float) -> None:
    """Draws joints between boards or slabs that meet at the horizon."""
    height, width = image.shape[:2]
    lines = np.full_like(image, 255)
    centre, tone = rng.uniform(.2, .8) * width, (255 * factor, ) * 3
    for x in np.linspace(-3, 4, int(rng.integers(22, 40))) * width:
        start = (int(centre + .12 * (x - centre)), level)
        cv2.line(lines, start, (int(x), height), tone, 1, cv2.LINE_AA)
    cv2.multiply(image, lines, image, 1 / 255)


def _windows(rng: np.random.Generator, image: np.ndarray, box: Tuple[int, int, int, int],
             colour: np.ndarray) -> None:
    x, y, across, up = box
    columns, pitch = int(rng.integers(2, 6)), max(8, int(rng.uniform(.1, .2) * across))
    tone = (colour * rng.choice([.6, 1.25])).clip(0, 255).tolist()
    for column in range(columns):
        left = x + int((column + .25) * across / columns)
        for top in range(y + pitch // 2, y + up - pitch, 2 * pitch):
            cv2.rectangle(image, (left, top), (left + across // columns // 2, top + pitch),
                          tone, -1)


def _gradient(size: Tuple[int, int], top: ArrayLike, bottom: ArrayLike) -> np.ndarray:
    share = np.linspace(0, 1, size[1], dtype=np.float32)[:, None, None]
    column = (1 - share) * np.array(top, np.float32) + share * np.array(bottom, np.float32)
    return np.repeat(column, size[0], axis=1)


def _pick(rng: np.random.Generator, items: Sequence[str]) -> str:
    return items[rng.integers(len(items))]
