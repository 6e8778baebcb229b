"""Figures made of convex parts: projected hulls of spheres."""
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

import cv2
import numpy as np
from numpy.typing import ArrayLike

Colour = Sequence[float]
SUBPIXEL_BITS = 4
FLAT_LIMB = 0.1  # parts of a limb with a smaller range of depths are ordered together
CIRCLE = np.stack([np.cos(np.arange(20) * np.pi / 10),
                   np.sin(np.arange(20) * np.pi / 10)], axis=1)


@dataclass
class Part:
    """A convex part of a figure: a hull of discs.

    Attributes:
        name (str): Name that keypoints refer to; several parts may share it.
        discs (np.ndarray): Centres and radii, in pixels, (N, 3).
        colour (tuple): BGR.
        limb (str): Consecutive parts of the same limb are painted without an outline
            between them. Empty for a flat part (eyes, prints), which has no outline and no
            shading.
    """

    name: str
    discs: np.ndarray
    colour: Colour
    limb: str


@dataclass
class Figure:
    """A figure in the image plane.

    Attributes:
        parts (list[Part]): From the farthest to the nearest, at most 65535.
        keypoints (np.ndarray): In pixels, (K, 2).
        owners (list[frozenset]): Names of the parts on whose surface each keypoint lies, K
            sets. Any other part hides the keypoint.
        lift (float): Height above the ground, in pixels.
    """

    parts: List[Part]
    keypoints: np.ndarray
    owners: List[FrozenSet[str]]
    lift: float = 0

    def __post_init__(self) -> None:
        # Visibility must be computed for the annotated, rounded coordinates.
        self.keypoints = self.keypoints.round(2)

    @cached_property
    def discs(self) -> np.ndarray:
        """Discs of all parts, (N, 3)."""
        return np.concatenate([part.discs for part in self.parts])

    @cached_property
    def outlines(self) -> List[np.ndarray]:
        """Outlines of the parts, for :func:`fill`."""
        return self.polygons()

    def shifted(self, offset: Sequence[float]) -> 'Figure':
        """The figure moved by (x, y) pixels."""
        move = np.array([*offset, 0.0])
        parts = [Part(part.name, part.discs + move, part.colour, part.limb)
                 for part in self.parts]
        return replace(self, parts=parts, keypoints=self.keypoints + move[:2])

    def polygons(self, inset: float = 0, scale: float = 1,
                 offset: ArrayLike = (0, 0)) -> List[np.ndarray]:
        """Outlines of the parts with changed radii or moved discs.

        Args:
            inset (float): Subtracted from the radii, in pixels. Defaults to 0.
            scale (float): Factor of the radii. Defaults to 1.
            offset (array): Shift of each disc, in its radii. Defaults to (0, 0).
        """
        discs = self.discs
        radii = np.maximum(discs[:, 2:] * scale - inset, 0.3)
        centres = discs[:, :2] + discs[:, 2:] * np.asarray(offset)
        points = centres[:, None] + radii[:, None] * CIRCLE
        points = np.rint(points * (1 << SUBPIXEL_BITS)).astype(np.int32)
        outlines, start = [], 0
        for part in self.parts:
            end = start + len(part.discs)
            outlines.append(cv2.convexHull(points[start:end].reshape(-1, 2))
                            if end > start + 1 else points[start])
            start = end
        return outlines

    def part_map(self, size: Tuple[int, int]) -> np.ndarray:
        """Computes the visible part at each pixel of an image of ``size`` (width, height).

        Returns:
            np.ndarray: 1 + index of the part, 0 outside the figure, uint16, (H, W).
        """
        pixels = np.zeros(size[::-1], dtype=np.uint16)
        for i, outline in enumerate(self.outlines):
            fill(pixels, outline, (i + 1, ), cv2.LINE_8)
        return pixels

    def surface(self, part_map: np.ndarray) -> np.ndarray:
        """Whether each keypoint lies on the figure's surface, not inside or behind it.

        Returns:
            np.ndarray: bool, (K, ); False for keypoints outside the image.
        """
        names = [''] + [part.name for part in self.parts]
        inside, x, y = pixels_of(self.keypoints, part_map.shape)
        return np.array([
            bool(inside[k]) and names[part_map[y[k], x[k]]] in owners
            for k, owners in enumerate(self.owners)], dtype=bool)


class Body:
    """Collects spheres in space and projects them to a :class:`Figure`.

    In space, x points to the figure's left, y down and z forwards, in any unit. The camera
    looks along -z of the rotated space, without perspective.

    Args:
        view (np.ndarray): Rotation from the figure's space to the camera's, (3, 3).
    """

    def __init__(self, view: np.ndarray) -> None:
        self.view = view
        self.points: Dict[str, Tuple[np.ndarray, FrozenSet[str]]] = {}
        self._parts: List[tuple] = []

    def depth(self, vector: np.ndarray) -> float:
        """Component of a vector (3, ) towards the camera."""
        return float(self.view[2] @ vector)

    def add(self, name: str, centres: ArrayLike, radii: ArrayLike,
            colour: Colour, bias: float = 0, limb: Optional[str] = None,
            anchor: Optional[np.ndarray] = None) -> None:
        """Adds the hull of N spheres.

        Args:
            name (str): See :class:`Part`.
            centres (array): (N, 3).
            radii (array): (N, ).
            colour (tuple): BGR.
            bias (float): Added to the depth in the painting order. Defaults to 0.
            limb (str, optional): See :class:`Part`. Defaults to the name.
            anchor (np.ndarray, optional): Point (3, ) whose depth determines the painting
                order. Defaults to the mean of the centres.
        """
        centres = np.array(centres)
        depths = (centres if anchor is None else anchor[None]) @ self.view[2]
        depth = sum(depths.tolist()) / len(depths)
        self._parts.append((depth + bias, name, centres, radii, colour,
                            name if limb is None else limb))

    def mark(self, name: str, position: np.ndarray, owners: Iterable[str]) -> None:
        """Names a point (3, ) on the surface of the parts ``owners``."""
        self.points[name] = (self.view[:2] @ position, frozenset(owners))

    def figure(self, keypoints: Sequence[str], scale: float) -> Figure:
        """Projects to a figure with ``scale`` pixels per unit and the named keypoints."""
        limbs: Dict[str, List[float]] = {}
        for depth, *_, limb in self._parts:
            limbs.setdefault(limb, []).append(depth)
        parts = []
        for depth, name, centres, radii, colour, limb in self._parts:
            depths = limbs[limb]
            if limb and max(depths) - min(depths) < FLAT_LIMB:
                depth = sum(depths) / len(depths)
            discs = np.empty((len(centres), 3))
            discs[:, :2], discs[:, 2] = centres @ self.view[:2].T, radii
            parts.append((depth, Part(name, scale * discs, colour, limb)))
        parts.sort(key=lambda part: part[0])
        points, owners = zip(*(self.points[name] for name in keypoints))
        return Figure([part for _, part in parts], np.array(points) * scale, list(owners))


def fill(image: np.ndarray, outline: np.ndarray, colour: Colour,
         line_type: int = cv2.LINE_AA) -> None:
    """Fills an outline of a part, in place."""
    cv2.fillConvexPoly(image, outline, colour, line_type, SUBPIXEL_BITS)


def pixels_of(points: np.ndarray,
              shape: Sequence[int]) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rounds points (K, 2) to pixels: whether in an image (H, W), and x and y, (K, )."""
    x, y = np.rint(points).astype(int).T
    return (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0]), x, y


def rotation(axis: str, degrees: float) -> np.ndarray:
    """Rotation matrix (3, 3) about x (forwards to down), y (forwards to left) or z."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array(dict(x=[[1, 0, 0], [0, c, s], [0, -s, c]],
                         y=[[c, 0, s], [0, 1, 0], [-s, 0, c]],
                         z=[[c, -s, 0], [s, c, 0], [0, 0, 1]])[axis])
