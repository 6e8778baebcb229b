"""Figures made of convex parts: hulls of spheres, seen from a direction."""
from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, Iterable, List, Sequence, Tuple

import cv2
import numpy as np

Colour = Tuple[float, float, float]
SUBPIXEL_BITS = 4
CIRCLE = np.stack([np.cos(np.arange(24) * np.pi / 12),
                   np.sin(np.arange(24) * np.pi / 12)], axis=1)


@dataclass
class Part:
    """One convex piece of a figure.

    Attributes:
        name (str): What keypoints refer to; several parts may share one.
        discs (np.ndarray): Centres and radii of which the part is the hull, in pixels,
            (N, 3).
        colour (tuple): BGR.
        flat (bool): Painted without outline and shading (eyes, prints).
    """

    name: str
    discs: np.ndarray
    colour: Colour
    flat: bool = False

    def fill(self, image: np.ndarray, colour, line_type: int = cv2.LINE_AA,
             inset: float = 0, scale: float = 1, offset: Sequence[float] = (0, 0)) -> None:
        """Fills the hull, in place.

        Args:
            image (np.ndarray): (H, W) or (H, W, 3).
            colour (tuple | int): What to fill with.
            line_type (int): Of OpenCV. Defaults to ``cv2.LINE_AA``.
            inset (float): Taken off the radii, in pixels. Defaults to 0.
            scale (float): Of the radii. Defaults to 1.
            offset (Sequence[float]): Of each disc, in its radii. Defaults to (0, 0).
        """
        radii = np.maximum(self.discs[:, 2:] * scale - inset, 0.3)
        centres = self.discs[:, :2] + self.discs[:, 2:] * np.asarray(offset)
        points = (centres[:, None] + radii[:, None] * CIRCLE).reshape(-1, 1, 2)
        if len(centres) > 1:
            points = cv2.convexHull(points.astype(np.float32))
        fixed = np.rint(points * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillConvexPoly(image, fixed, colour, line_type, SUBPIXEL_BITS)


@dataclass
class Figure:
    """A figure in the image plane.

    Attributes:
        parts (list[Part]): From the farthest to the nearest, at most 65535.
        keypoints (np.ndarray): In pixels, (K, 2).
        owners (list[frozenset]): Names of the parts on whose surface each keypoint lies,
            K: under any other part the keypoint is hidden.
        lift (float): Height above the ground, in pixels.
    """

    parts: List[Part]
    keypoints: np.ndarray
    owners: List[FrozenSet[str]]
    lift: float = 0

    @property
    def bottom(self) -> float:
        """Largest y of the figure, in pixels."""
        return max((part.discs[:, 1] + part.discs[:, 2]).max() for part in self.parts)

    def shifted(self, offset: Sequence[float]) -> 'Figure':
        """The figure moved by (x, y) pixels."""
        move = np.array([*offset, 0.0])
        parts = [replace(part, discs=part.discs + move) for part in self.parts]
        return replace(self, parts=parts, keypoints=self.keypoints + move[:2])

    def part_map(self, size: Tuple[int, int]) -> np.ndarray:
        """Which part is seen at each pixel of an image of (width, height).

        Returns:
            np.ndarray: 1 + the part's index, 0 off the figure, uint16, (H, W).
        """
        pixels = np.zeros(size[::-1], dtype=np.uint16)
        for i, part in enumerate(self.parts):
            part.fill(pixels, i + 1, cv2.LINE_8)
        return pixels

    def surface(self, part_map: np.ndarray) -> np.ndarray:
        """Which keypoints lie on the figure's surface, not inside or behind it, (K, ).

        Keypoints outside the image do not.
        """
        names = [''] + [part.name for part in self.parts]
        inside, x, y = pixels_of(self.keypoints, part_map.shape)
        return np.array([
            bool(inside[k]) and names[part_map[y[k], x[k]]] in owners
            for k, owners in enumerate(self.owners)], dtype=bool)


class Body:
    """Collects spheres in space and projects them to a :class:`Figure`.

    Space: x to the figure's left, y down, z forwards, in any unit. The camera looks
    along -z of the rotated space, without perspective.

    Args:
        view (np.ndarray): Rotation from the figure's space to the camera's, (3, 3).
    """

    def __init__(self, view: np.ndarray):
        self.view = view
        self.points: Dict[str, Tuple[np.ndarray, FrozenSet[str]]] = {}
        self._parts = []

    def depth(self, vector: np.ndarray) -> float:
        """How far a vector (3, ) points towards the camera."""
        return float(self.view[2] @ vector)

    def add(self, name: str, centres: Sequence[np.ndarray], radii: Sequence[float],
            colour: Colour, bias: float = 0, flat: bool = False) -> None:
        """Adds the hull of N spheres; ``bias`` moves it towards the camera in the order."""
        discs = np.column_stack([np.asarray(centres) @ self.view.T, radii])
        self._parts.append((discs[:, 2].mean() + bias, name, discs[:, [0, 1, 3]], colour, flat))

    def mark(self, name: str, position: np.ndarray, owners: Iterable[str]) -> None:
        """Names a point (3, ) on the surface of the parts ``owners``."""
        self.points[name] = (self.view[:2] @ position, frozenset(owners))

    def figure(self, keypoints: Sequence[str], scale: float) -> Figure:
        """The figure with ``scale`` pixels a unit and the named points as keypoints."""
        ordered = sorted(self._parts, key=lambda part: part[0])
        parts = [Part(name, discs * scale, colour, flat)
                 for _, name, discs, colour, flat in ordered]
        points, owners = zip(*(self.points[name] for name in keypoints))
        return Figure(parts, np.array(points) * scale, list(owners))


def pixels_of(points: np.ndarray, shape: Tuple[int, int]):
    """Nearest pixels of points (K, 2): whether in an image (H, W), and x and y, (K, )."""
    x, y = np.rint(points).astype(int).T
    return (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0]), x, y


def rotation(axis: str, degrees: float) -> np.ndarray:
    """Rotation matrix (3, 3) about x (forwards to down), y (forwards to left) or z."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array(dict(x=[[1, 0, 0], [0, c, s], [0, -s, c]],
                         y=[[c, 0, s], [0, 1, 0], [-s, 0, c]],
                         z=[[c, -s, 0], [s, c, 0], [0, 0, 1]])[axis])
