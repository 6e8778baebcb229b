"""A generic articulated creature for keypoint sets other than the human body."""
import colorsys
from typing import Dict, List, Tuple

import numpy as np

from .figure import Body, Colour, Figure, rotation
from .skeleton import Skeleton

SPREAD = np.deg2rad(150)  # angle over which a keypoint's children are spread
GOLDEN = 0.618034


def sample_creature(rng: np.random.Generator, skeleton: Skeleton, height: float,
                    roll: float) -> Figure:
    """Draws a creature whose limbs are the links of a skeleton, with its root at 0, 0.

    The layout depends only on the skeleton, so that all creatures of a skeleton look alike.
    Joint angles, lengths, girths and colours vary.

    Args:
        rng (np.random.Generator): Generator of the image.
        skeleton (Skeleton): Names and links of K keypoints.
        height (float): Larger extent of the creature, in pixels.
        roll (float): Rotation in the image plane, in degrees.
    """
    tree = spanning_tree(len(skeleton.names), skeleton.links)
    points = rotation('z', roll)[:2, :2] @ _layout(rng, tree).T
    points = points.T / max(np.ptp(points, axis=1).max(), 1e-3)
    girth = rng.uniform(0.8, 1.2) * min(0.09, 0.5 / np.sqrt(len(points)))
    hue, saturation = rng.random(), rng.uniform(0.3, 0.65)

    body = Body(np.eye(3))
    depth: Dict[int, int] = {}
    for child, parent in tree.items():
        depth[child] = depth.get(parent, 0) + 1
        position = np.array([*points[child], 0])
        start = position if parent < 0 else np.array([*points[parent], 0])
        size = girth * max(0.4, 1.15 - 0.15 * depth[child])
        body.add(f'limb{child}', [start, position], [1.15 * size, 0.9 * size],
                 _colour(hue, saturation, 0.9 - 0.12 * (depth[child] % 3)), -depth[child],
                 limb='body')
        body.add(f'joint{child}', [position], [0.62 * size],
                 _colour(child * GOLDEN % 1, 0.7, 1.0), 1, limb='')
        body.mark(str(child), position, [f'joint{child}'])
    return body.figure([str(k) for k in range(len(points))], height)


def spanning_tree(num_keypoints: int, links: List[Tuple[int, int]]) -> Dict[int, int]:
    """Maps each child to its parent, parents first; the root has parent -1.

    The root is the keypoint with the most links. Other connected components are attached to
    it.
    """
    neighbours: List[List[int]] = [[] for _ in range(num_keypoints)]
    for a, b in links:
        neighbours[a].append(b)
        neighbours[b].append(a)
    root = max(range(num_keypoints), key=lambda k: len(neighbours[k]))
    tree, queue = {root: -1}, [root]
    for start in range(num_keypoints):
        while queue:
            parent = queue.pop(0)
            for child in neighbours[parent]:
                if child not in tree:
                    tree[child] = parent
                    queue.append(child)
        if start not in tree:
            tree[start] = root
            queue.append(start)
    return tree


def _layout(rng: np.random.Generator, tree: Dict[int, int]) -> np.ndarray:
    """Positions (K, 2): the root's children surround it, others fan out."""
    points, heading = np.zeros((len(tree), 2)), np.zeros(len(tree))
    children = {k: [c for c, p in tree.items() if p == k] for k in tree}
    for child, parent in tree.items():
        if parent < 0:
            continue
        siblings = children[parent]
        place = (siblings.index(child) + 0.5) / len(siblings)
        if tree[parent] < 0:
            angle = 2 * np.pi * place
        else:
            angle = heading[parent] + SPREAD * (place - 0.5) * (len(siblings) > 1)
        heading[child] = angle + rng.uniform(-0.3, 0.3)
        points[child] = points[parent] + rng.uniform(0.8, 1.2) * np.array(
            [np.cos(heading[child]), np.sin(heading[child])])
    return points


def _colour(hue: float, saturation: float, value: float) -> Colour:
    return tuple(255 * c for c in colorsys.hsv_to_rgb(hue, saturation, value)[::-1])
