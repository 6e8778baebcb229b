"""Affine transforms of image batches, as in MMPose's transforms."""
from typing import Tuple

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

PAD = 114.0
"""Grey value outside the image."""


def compose(outer: Tensor, inner: Tensor) -> Tensor:
    """Composes affine maps (..., 2, 3) to ``x -> outer(inner(x))``."""
    linear = outer[..., :2] @ inner[..., :2]
    shift = outer[..., :2] @ inner[..., 2:] + outer[..., 2:]
    return torch.cat([linear, shift], -1)


def invert(matrix: Tensor) -> Tensor:
    """Inverts affine maps (..., 2, 3)."""
    linear = torch.linalg.inv(matrix[..., :2])
    return torch.cat([linear, -linear @ matrix[..., 2:]], -1)


def apply(matrix: Tensor, points: Tensor) -> Tensor:
    """Applies affine maps (..., 2, 3) to points (..., M, 2)."""
    return points @ matrix[..., :2].transpose(-1, -2) + matrix[..., 2].unsqueeze(-2)


def random_affine(sizes: Tensor, output: Tuple[int, int], scale: Tuple[float, float],
                  shift: float, rotate: float) -> Tensor:
    """Draws random maps from images to outputs.

    It equals ``BottomupRandomAffine`` with ``scale_type='long'`` and uniform distributions.

    Args:
        sizes (Tensor): Width and height of the images in pixels, (B, 2).
        output (tuple[int, int]): Width and height of the output in pixels.
        scale (tuple[float, float]): Range of the visible part of the image.
        shift (float): Maximum shift, relative to the size of the image.
        rotate (float): Maximum angle, in degrees.

    Returns:
        Tensor: Maps from pixels of the image to pixels of the output, (B, 2, 3).
    """
    count, device = len(sizes), sizes.device
    width, height = output
    centre = sizes / 2 + (2 * torch.rand(count, 2, device=device) - 1) * shift * sizes
    part = scale[0] + (scale[1] - scale[0]) * torch.rand(count, device=device)
    shown = part * torch.maximum(sizes[:, 0], sizes[:, 1] * width / height)
    angle = torch.deg2rad((2 * torch.rand(count, device=device) - 1) * rotate)
    zoom = width / shown
    cos, sin = zoom * torch.cos(angle), zoom * torch.sin(angle)
    linear = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], -2)
    goal = sizes.new_tensor([width / 2, height / 2]).unsqueeze(-1)
    return torch.cat([linear, goal - linear @ centre.unsqueeze(-1)], -1)


def fit(sizes: Tensor, box: Tuple[int, int]) -> Tuple[Tensor, Tensor]:
    """Computes maps that scale images to fit a box, as ``fit_image`` does.

    Args:
        sizes (Tensor): Width and height in pixels, (..., 2).
        box (tuple[int, int]): Width and height in pixels.

    Returns:
        tuple[Tensor, Tensor]: The maps (..., 2, 3), and the scaled sizes (..., 2).
    """
    scale = (sizes.new_tensor(box) / sizes).amin(-1, keepdim=True)
    fitted = (sizes * scale).round().clamp(min=1)
    factor = fitted / sizes
    linear = torch.diag_embed(factor)
    return torch.cat([linear, (0.5 * factor - 0.5).unsqueeze(-1)], -1), fitted


def warp(images: Tensor, sizes: Tensor, matrix: Tensor,
         output: Tuple[int, int]) -> Tuple[Tensor, Tensor]:
    """Warps images bilinearly.

    Args:
        images (Tensor): uint8 canvases with the image in the corner, (B, 3, S, S).
        sizes (Tensor): Width and height of the images in pixels, (B, 2).
        matrix (Tensor): Maps from pixels of the image to pixels of the output, (B, 2, 3).
        output (tuple[int, int]): Width and height of the output in pixels.

    Returns:
        tuple[Tensor, Tensor]: float32 (B, 3, H, W), and whether a pixel shows the image,
        bool, (B, 1, H, W). Other pixels are undefined.
    """
    width, height = output
    y, x = torch.meshgrid(torch.arange(height, device=images.device),
                          torch.arange(width, device=images.device), indexing='ij')
    pixels = torch.stack([x, y], -1).float().view(1, -1, 2)
    source = apply(invert(matrix), pixels.expand(len(images), -1, -1))
    limit = sizes.unsqueeze(1)
    inside = ((source >= -0.5) & (source <= limit - 0.5)).all(-1)
    source = torch.minimum(source.clamp(min=0), limit - 1)
    grid = (2 * source + 1) / images.shape[-1] - 1
    shown = grid_sample(images.float(), grid.view(-1, height, width, 2),
                        align_corners=False)
    return shown, inside.view(-1, 1, height, width)
