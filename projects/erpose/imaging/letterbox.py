"""An image fitted into the network's input, and the way back."""
from typing import NamedTuple, Sequence, Tuple

import cv2
import numpy as np

PAD = 114
"""Grey of the border, as in training."""
MAX_SIDE = 32766
"""The largest width or height, in pixels, that OpenCV warps."""


class Fit(NamedTuple):
    """Where the image lies in the input: input = image * scale + shift.

    Attributes:
        scale (float): Pixels of the input a pixel of the image.
        shift (np.ndarray): Of the image's origin, in pixels of the input, (2, ).
    """
    scale: float
    shift: np.ndarray

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Pixels of the input to pixels of the image, (..., 2)."""
        return (points - self.shift) / self.scale


def letterbox(image: np.ndarray, size: Sequence[int]) -> Tuple[np.ndarray, Fit]:
    """Fits an image into the input: aspect ratio kept, centred, bordered with grey.

    The same as MMPose's ``BottomupResize``, which the networks were trained with.

    Args:
        image (np.ndarray): uint8, (H, W, 3).
        size (Sequence[int]): Width and height of the input.

    Returns:
        tuple[np.ndarray, Fit]: uint8 (height, width, 3), and where the image lies in it.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError('an image is an array of uint8 of shape (H, W, 3), as cv2.imread '
                         f'returns it; got {image.dtype} {image.shape}')
    if 0 in image.shape:
        raise ValueError(f'the image is empty: {image.shape}')
    if max(image.shape) > MAX_SIDE:
        raise ValueError(f'the image is {image.shape[1]}x{image.shape[0]}: {MAX_SIDE} '
                         'pixels a side are the most; shrink it')
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    shift = np.array([size[0] - width * scale, size[1] - height * scale]) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], dtype=np.float32)
    fitted = cv2.warpAffine(image, matrix, tuple(size), flags=cv2.INTER_LINEAR,
                            borderValue=(PAD, PAD, PAD))
    return fitted, Fit(scale, shift)
