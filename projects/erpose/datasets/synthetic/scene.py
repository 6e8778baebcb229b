"""Composes scenes: number, sizes, positions and depth order of the persons."""
from typing import List, Optional, Tuple

import numpy as np

from .annotate import annotate
from .creature import sample_creature
from .human import sample_human
from .render import Placed, paint_scene
from .skeleton import Skeleton

MIN_VISIBLE = 0.12  # a figure with a smaller visible share is moved or left out
TRIES = 6
MIN_SIZE = 32
SCALE = (0.3, 1.0)
ROTATION = 10.0


def render_scene(rng: np.random.Generator, skeleton: Skeleton,
                 image_size: Tuple[int, int] = (512, 512),
                 persons: Tuple[int, int] = (1, 8),
                 scale: Tuple[float, float] = SCALE, rotation: float = ROTATION,
                 crowding: Optional[float] = None
                 ) -> Tuple[np.ndarray, List[dict], float]:
    """Renders one image with its annotations.

    Args:
        rng (np.random.Generator): Generator of the image.
        skeleton (Skeleton): Names and links of K keypoints.
        image_size (tuple[int, int]): Width and height, in pixels.
        persons (tuple[int, int]): Minimum and maximum number of persons. There may be
            fewer, as persons that would hardly be visible are left out.
        scale (tuple[float, float]): Minimum and maximum stature, in image heights.
        rotation (float): Maximum rotation in the image plane, in degrees. Defaults to 10.
        crowding (float, optional): Probability that a person stands close to another.
            Defaults to None: drawn for each image.

    Returns:
        tuple[np.ndarray, list[dict], float]: The image, BGR, uint8, (H, W, 3); the
        annotations of :func:`annotate`, farthest person first; the crowd index.

    Raises:
        ValueError: If a setting is out of range.
    """
    check_settings(image_size, persons, scale, rotation, crowding)
    horizon = rng.uniform(.2, .45)
    crowding = rng.uniform(0, 1) if crowding is None else crowding
    placed = [
        _place(rng, skeleton, image_size, size, x, horizon, rotation)
        for size, x in _plan(rng, image_size, persons, scale, crowding)]
    placed.sort(key=lambda item: item.ground)
    placed = _keep_visible(rng, placed, image_size)
    image = paint_scene(rng, image_size, horizon, placed)
    annotations, index = annotate([item.figure for item in placed], image_size)
    return image, annotations, index


def check_settings(image_size: Tuple[int, int], persons: Tuple[int, int],
                   scale: Tuple[float, float] = SCALE, rotation: float = ROTATION,
                   crowding: Optional[float] = None) -> None:
    """Raises a ValueError for settings that :func:`render_scene` does not support."""
    if len(image_size) != 2 or min(image_size) < MIN_SIZE:
        raise ValueError(f'image_size must be a width and a height of at least {MIN_SIZE} '
                         f'pixels, got {tuple(image_size)}')
    if len(persons) != 2 or not 0 <= persons[0] <= persons[1]:
        raise ValueError('persons must be the minimum and maximum number in an image, got '
                         f'{tuple(persons)}')
    if len(scale) != 2 or not 0 < scale[0] <= scale[1]:
        raise ValueError('scale must be the minimum and maximum stature in image heights, '
                         f'got {tuple(scale)}')
    if not 0 <= rotation <= 180:
        raise ValueError(f'rotation must be between 0 and 180 degrees, got {rotation}')
    if crowding is not None and not 0 <= crowding <= 1:
        raise ValueError(f'crowding must be between 0 and 1, or None, got {crowding}')


def _plan(rng: np.random.Generator, image_size: Tuple[int, int], persons: Tuple[int, int],
          scale: Tuple[float, float], crowding: float) -> List[Tuple[float, float]]:
    """Stature and x of each person, in pixels: alone, or close to an earlier one."""
    width, height = image_size
    plan: List[Tuple[float, float]] = []
    for _ in range(rng.integers(persons[0], persons[1] + 1)):
        if plan and rng.random() < crowding:
            size, x = plan[rng.integers(len(plan))]
            x += size * rng.normal(0, .22)
            size *= rng.uniform(.8, 1.2)
        else:
            x = rng.uniform(.08, .92) * width
            size = height * np.exp(rng.uniform(*np.log(scale)))
        plan.append((float(np.clip(size, scale[0] * height, scale[1] * height)),
                     float(np.clip(x, 0, width))))
    return plan


def _place(rng: np.random.Generator, skeleton: Skeleton, image_size: Tuple[int, int],
           size: float, x: float, horizon: float, rotation: float) -> Placed:
    """Places a figure on the ground; larger ones are nearer and lower in the image."""
    height, roll = image_size[1], rng.uniform(-rotation, rotation)
    if skeleton.body_points:
        figure = sample_human(rng, skeleton.body_points, size, roll)
    else:
        figure = sample_creature(rng, skeleton, size, roll)
    ground = height * horizon + .72 * size * rng.uniform(.92, 1.08)
    bottom = figure.discs[:, 1:].sum(axis=1).max()
    return Placed(figure.shifted((x, ground - figure.lift - bottom)), size, ground)


def _keep_visible(rng: np.random.Generator, placed: List[Placed],
                  image_size: Tuple[int, int]) -> List[Placed]:
    """Moves persons that are hidden or outside the image; drops them if that fails."""
    width, height = image_size
    free = np.ones((height, width), dtype=bool)
    kept = []
    for item in reversed(placed):
        for _ in range(TRIES):
            silhouette = item.figure.part_map(image_size) > 0
            seen = np.count_nonzero(silhouette & free)
            if seen > MIN_VISIBLE * np.count_nonzero(silhouette):
                free &= ~silhouette
                kept.append(item)
                break
            item.figure = item.figure.shifted((rng.uniform(-.5, .5) * item.size, 0))
    return kept[::-1]
