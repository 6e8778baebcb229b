"""Renders figures on a background, with light, shadows, haze and grain."""
from dataclasses import dataclass
from itertools import groupby
from typing import List, Sequence, Tuple

import cv2
import numpy as np

from .background import paint_background
from .figure import Figure, Part, fill

OUTLINE, SHADE = 0.55, 0.9  # factors of the colour
OUTLINE_WIDTH = 0.0045  # relative to the figure's size
HAZE = np.array([226.0, 214.0, 205.0])

Layer = Tuple[Sequence[np.ndarray], Sequence[Sequence[float]]]
"""Outlines of the parts, and the colour of each."""


@dataclass
class Placed:
    """A figure with its place in the scene.

    Attributes:
        figure (Figure): In pixels of the image.
        size (float): Height of the figure when upright, in pixels.
        ground (float): y of the ground below the figure, in pixels.
    """

    figure: Figure
    size: float
    ground: float


def paint_scene(rng: np.random.Generator, size: Tuple[int, int], horizon: float,
                placed: Sequence[Placed]) -> np.ndarray:
    """Paints the background and the figures, the last one nearest.

    Args:
        rng (np.random.Generator): Generator of the image.
        size (tuple[int, int]): Width and height, in pixels.
        horizon (float): y of the horizon, relative to the image height.
        placed (Sequence[Placed]): Figures from the farthest to the nearest.

    Returns:
        np.ndarray: BGR, uint8, (H, W, 3).
    """
    half = max(1, (size[0] + 1) // 2), max(1, (size[1] + 1) // 2)
    backdrop = paint_background(rng, half, horizon)
    _cast_shadows(backdrop, placed)
    image = cv2.resize(backdrop, size, interpolation=cv2.INTER_LINEAR)
    light = np.array([rng.choice([-1, 1]) * rng.uniform(.12, .22), -rng.uniform(.15, .25)])
    for item in placed:
        distance = 1 - min(item.size / size[1], 1)
        paint_figure(image, item.figure, item.size, light, 0.3 * distance**2)
    return _finish(rng, image)


def paint_figure(image: np.ndarray, figure: Figure, size: float, light: np.ndarray,
                 haze: float) -> None:
    """Paints the parts of a figure from far to near, in place.

    Args:
        image (np.ndarray): BGR, uint8, (H, W, 3).
        figure (Figure): In pixels of the image.
        size (float): Its height in pixels, which determines the outline width.
        light (np.ndarray): Direction of the light, in radii of a part, (2, ).
        haze (float): Share of haze in the colours.
    """
    outline = max(0.7, OUTLINE_WIDTH * size)
    colours = (1 - haze) * np.array([part.colour for part in figure.parts]) + haze * HAZE
    layers: List[Layer] = [(figure.outlines, (OUTLINE * colours).tolist()),
                           (figure.polygons(outline), (SHADE * colours).tolist())]
    if size > 60:
        layers.append((figure.polygons(outline, .8, light), colours.tolist()))
    if size > 120:
        layers.append((figure.polygons(outline, .5, 1.7 * light),
                       np.minimum(1.03 * colours + 5, 255).tolist()))
    for limb, parts in groupby(enumerate(figure.parts), lambda item: item[1].limb):
        run = list(parts)
        _fill_all(image, run, layers[:1] if limb else [(layers[0][0], colours.tolist())])
        for _, same in groupby(run if limb else (), lambda item: item[1].colour):
            _fill_all(image, list(same), layers[1:])


def _fill_all(image: np.ndarray, parts: Sequence[Tuple[int, Part]],
              layers: Sequence[Layer]) -> None:
    for outlines, colours in layers:
        for i, _ in parts:
            fill(image, outlines[i], colours[i])


def _cast_shadows(backdrop: np.ndarray, placed: Sequence[Placed]) -> None:
    """Draws soft ellipses under the figures; the backdrop has half the image size."""
    shadow = np.full(backdrop.shape[:2], 255, dtype=np.uint8)
    for item in placed:
        low, high = np.percentile(item.figure.discs[:, 0], [15, 85])
        axes = ((high - low) / 4 + .05 * item.size, .025 * item.size)
        cv2.ellipse(shadow, (int((low + high) / 4), int(item.ground / 2)),
                    (int(axes[0] / 1.3) + 1, int(axes[1] / 1.3) + 1), 0, 0, 360,
                    (125, ), -1, cv2.LINE_AA)
    shadow = cv2.blur(shadow, (9, 5))
    cv2.multiply(backdrop, cv2.merge([shadow] * 3), backdrop, 1 / 255)


def _finish(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Adds a colour cast, slight blur and grain, like a camera."""
    cast = np.concatenate([rng.uniform(.93, 1.06, 3), [1]])
    image = cv2.multiply(  # type: ignore[call-overload]  # OpenCV's stubs know no scalars
        image, tuple(cast.tolist()))
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (3, 3), rng.uniform(.4, .8))
    grain = int(rng.integers(3, 10))
    noise = np.frombuffer(rng.bytes(image.size), np.uint8).reshape(image.shape)
    lighter = cv2.convertScaleAbs(noise, alpha=grain / 255)
    return cv2.subtract(cv2.add(image, lighter), cv2.flip(lighter, -1))
