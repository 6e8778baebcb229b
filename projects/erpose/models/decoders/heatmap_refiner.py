"""Refines regressed keypoints by heatmaps."""
from typing import Tuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import sample_bilinear

from .pose_decoder import pose_sizes

BACKGROUND = 0.03
"""Heat well below this leaves a keypoint where it is."""


@TASK_UTILS.register_module()
class HeatmapRefiner:
    """Moves each keypoint to the weighted mean of nine points around it, twice (ours).

    A pose regressed from one cell belongs to one person, but its keypoints far from the
    cell are inaccurate. A heatmap locates keypoints accurately, but does not assign them to
    persons. CenterNet (section 4.2) snaps each keypoint to the nearest peak of its heatmap.
    Here, the keypoint ``p`` of a pose of size S becomes::

        p + step * sum_i w_i d_i / (sum_i w_i + BACKGROUND^4)
        w_i = (heat(p + step * d_i) * exp(-|d_i|^2 / 2))^4

    over the nine ``d_i`` of {-1, 0, 1}^2, first with ``step = reach S``, then with half of
    it. This needs no search for peaks, and all shapes are static.

    Args:
        reach (float): The first step, relative to the size of the pose
            (:func:`~erpose.models.decoders.pose_decoder.pose_sizes`). 0 disables the
            refinement. Defaults to 0.15.
    """

    def __init__(self, reach: float = 0.15) -> None:
        if reach < 0:
            raise ValueError(f'reach must not be negative, got {reach}')
        self.reach = reach

    def refine(self, keypoints: Tensor, heatmaps: Tensor, stride: int) -> Tensor:
        """Refines the poses of B images.

        Args:
            keypoints (Tensor): In pixels, (B, N, K, 2).
            heatmaps (Tensor): In [0, 1], (B, K, H, W).
            stride (int): Stride of the heatmaps, in pixels.

        Returns:
            Tensor: In pixels, (B, N, K, 2).
        """
        sizes = pose_sizes(keypoints, stride).unflatten(1, (1, 1, -1))
        x, y = keypoints.transpose(1, 2).unbind(-1)
        for reach in (self.reach, self.reach / 2):
            x, y = _move_to_heat(x, y, heatmaps, stride, reach * sizes)
        return torch.stack([x, y], -1).transpose(1, 2)


def _move_to_heat(x: Tensor, y: Tensor, heatmaps: Tensor, stride: int,
                  step: Tensor) -> Tuple[Tensor, Tensor]:
    """Moves points x, y (B, K, N) by at most the steps (B, 1, 1, N), all in pixels.

    Note: N is the last dimension because engines vectorise over it.
    """
    one = torch.arange(-1., 2., device=x.device)
    dx, dy = torch.cartesian_prod(one, one).t().unsqueeze(-1)  # (9, 1) each
    around = (((at.unsqueeze(2) + step * d) / stride).flatten(2)
              for at, d in ((x, dx), (y, dy)))
    heat = sample_bilinear(heatmaps, *around).unflatten(2, (9, -1))
    weight = (heat * torch.exp(-(dx.square() + dy.square()) / 2)).square().square()
    share = weight / (weight.sum(2, keepdim=True) + BACKGROUND**4)
    step = step.squeeze(2)
    return x + step * (share * dx).sum(2), y + step * (share * dy).sum(2)
