"""Keypoints move to where the heatmaps see them."""
import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor
from torch.nn.functional import grid_sample

from .pose_decoder import pose_sizes

COLD = 0.03
"""Heat so low moves nothing."""


@TASK_UTILS.register_module()
class HeatmapRefiner:
    """Moves regressed keypoints to the heat about them.

    A pose regressed from one cell knows whose keypoints it has, but far from the cell not
    well where they are; a heatmap knows where keypoints are, but not whose. CenterNet
    (section 4.2) snaps each keypoint to the nearest peak of its heatmap. Here it becomes
    the mean of nine places, its own and the eight about it, with weights
    ``(heat * exp(-d^2 / 2))^4``, d being the distance in steps of ``reach``; and that once
    more, in steps half as wide. So there are no peaks to find and every shape is static.
    Where nothing is hot the keypoint stays.

    Args:
        reach (float): The first step, in sizes of the pose: the square root of the area of
            the box around its keypoints. With 0 everything stays. Defaults to 0.15.
    """

    def __init__(self, reach: float = 0.15):
        if reach < 0:
            raise ValueError(f'reach must not be negative, got {reach}')
        self.reach = reach

    def refine(self, keypoints: Tensor, heatmaps: Tensor, stride: int) -> Tensor:
        """Refines the poses of B images.

        Args:
            keypoints (Tensor): In pixels, (B, N, K, 2).
            heatmaps (Tensor): In [0, 1], (B, K, H, W).
            stride (int): Of the heatmaps, in pixels.

        Returns:
            Tensor: In pixels, (B, N, K, 2).
        """
        sizes = pose_sizes(keypoints)[:, None, :, None, None]
        keypoints = keypoints.transpose(1, 2)
        for reach in (self.reach, self.reach / 2):
            keypoints = _to_the_heat(keypoints, heatmaps, stride, reach * sizes)
        return keypoints.transpose(1, 2)


def _to_the_heat(points: Tensor, heatmaps: Tensor, stride: int, step: Tensor) -> Tensor:
    """Points (B, K, N, 2) moved in steps (B, 1, N, 1, 1), all in pixels."""
    one = torch.arange(-1., 2., device=points.device)
    about = torch.cartesian_prod(one, one)
    extent = stride * points.new_tensor(heatmaps.shape[:1:-1])
    grid = 2 * (points.unsqueeze(-2) + step * about) / extent - 1
    heat = grid_sample(heatmaps.flatten(0, 1).unsqueeze(1), grid.flatten(0, 1),
                       align_corners=False).view(grid.shape[:-1])
    weight = (heat * torch.exp(-about.square().sum(-1) / 2)).square().square()
    share = weight / (weight.sum(-1, keepdim=True) + COLD**4)
    return points + step.squeeze(-1) * (share @ about)
