"""Fits an image into the network's input, and maps points back."""
from typing import NamedTuple, Sequence, Tuple

import cv2
import numpy as np

PAD = 114
"""Grey value of the border, as in training."""
MAX_SIDE = 32766
"""Largest width or height, in pixels, that OpenCV can warp."""
MULTIPLE = 32
"""Sides of an input are multiples of this, the largest stride of the networks."""


class Fit(NamedTuple):
    """Position of the image in the input: input = image * scale + shift.

    Attributes:
        scale (float): Pixels of the input per pixel of the image.
        shift (np.ndarray): Origin of the image, in pixels of the input, (2, ).
    """
    scale: float
    shift: np.ndarray

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Maps points (..., 2) from pixels of the input to pixels of the image."""
        return (points - self.shift) / self.scale


def enclosing_size(image: np.ndarray, bound: Sequence[int],
                   least: int = MULTIPLE) -> Tuple[int, int]:
    """The smallest input that holds an image fitted into ``bound``: less border to compute.

    Args:
        image (np.ndarray): (H, W, 3).
        bound (Sequence[int]): Width and height of the largest input.
        least (int): Sides are at least this.

    Returns:
        tuple[int, int]: Width and height. :func:`letterbox` scales the image as for
        ``bound``.

    Example:
        >>> enclosing_size(np.empty((375, 500, 3)), (416, 416))
        (416, 320)
    """
    sides = np.array(image.shape[1::-1])
    steps = np.ceil(sides * (bound / sides).min() / MULTIPLE - 1e-6)  # 10.0000001 is 10
    width, height = np.clip(steps * MULTIPLE, least, bound).astype(int).tolist()
    return width, height


def letterbox(image: np.ndarray, size: Sequence[int]) -> Tuple[np.ndarray, Fit]:
    """Resizes an image to fit the input, centred on a grey border, aspect ratio kept.

    It equals MMPose's ``BottomupResize``, which the networks were trained with.

    Args:
        image (np.ndarray): uint8, (H, W, 3).
        size (Sequence[int]): Width and height of the input.

    Returns:
        tuple[np.ndarray, Fit]: uint8 (height, width, 3), and the position of the image.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError('an image must be a uint8 array of shape (H, W, 3), as returned '
                         f'by cv2.imread; got {image.dtype} {image.shape}')
    if 0 in image.shape:
        raise ValueError(f'the image is empty: {image.shape}')
    if max(image.shape) > MAX_SIDE:
        raise ValueError(f'the image is {image.shape[1]}x{image.shape[0]}: no side may '
                         f'exceed {MAX_SIDE} pixels. Resize the image')
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    shift = np.array([size[0] - width * scale, size[1] - height * scale]) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], dtype=np.float32)
    fitted = cv2.warpAffine(image, matrix, tuple(size), flags=cv2.INTER_LINEAR,
                            borderValue=(PAD, PAD, PAD))
    return fitted, Fit(scale, shift)
