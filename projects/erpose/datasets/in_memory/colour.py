"""Colour jitter of whole batches."""
from typing import Tuple

import torch
from torch import Tensor


def jitter_hsv(images: Tensor, hue: float = 5, saturation: float = 30,
               value: float = 30) -> Tensor:
    """Shifts hue, saturation and value of each image, as ``YOLOXHSVRandomAug`` does.

    Args:
        images (Tensor): BGR in [0, 255], float32, (B, 3, H, W).
        hue, saturation, value (float): Maximum shifts, in OpenCV's units: 2 degrees of hue,
            1 of 255. Each is applied to half of the images.

    Returns:
        Tensor: BGR in [0, 255], float32, (B, 3, H, W).
    """
    most = images.new_tensor([hue, saturation, value])
    shifts = (2 * torch.rand(len(images), 3, device=images.device) - 1) * most
    shifts = (shifts * (torch.rand_like(shifts) < 0.5)).trunc()
    h, s, v = bgr_to_hsv(images)
    dh, ds, dv = shifts.t().view(3, -1, 1, 1)
    return hsv_to_bgr((h + dh) % 180, (s + ds).clamp(0, 255), (v + dv).clamp(0, 255))


def bgr_to_hsv(images: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    """Converts BGR (B, 3, H, W) to H in [0, 180), S and V in [0, 255], (B, H, W) each."""
    blue, green, red = images.unbind(1)
    value, low = images.amax(1), images.amin(1)
    chroma = value - low
    some = chroma.clamp(min=1e-6)
    hue = torch.where(value == red, (green - blue) / some,
                      torch.where(value == green, 2 + (blue - red) / some,
                                  4 + (red - green) / some)) * (chroma > 0)
    return (30 * hue) % 180, 255 * chroma / value.clamp(min=1e-6), value


def hsv_to_bgr(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Converts the results of :func:`bgr_to_hsv` to BGR (B, 3, H, W) in [0, 255]."""
    chroma = value * saturation / 255
    channels = []
    for start in (1, 3, 5):  # blue, green, red
        k = (start + hue / 30) % 6
        channels.append(value - chroma * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack(channels, 1)
