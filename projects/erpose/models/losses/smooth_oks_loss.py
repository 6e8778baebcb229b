"""Smooth OKS loss: 1 - OKS near the target, its tangent far from it."""
import math
from typing import Optional, Sequence

import torch
from mmpose.registry import MODELS
from scipy.special import lambertw
from torch import Tensor, nn

from erpose.structures import keypoint_error, mean_over_labelled


@MODELS.register_module()
class SmoothOKSLoss(nn.Module):
    """Smooth OKS loss (ours, after the one sentence in ER-Pose's abstract).

    With ``u^2`` the normalised squared error of a keypoint, its OKS is ``exp(-u^2)``. The
    slope of ``1 - exp(-u^2)`` has its maximum ``m = sqrt(2 / exp(1))`` at
    ``u = 1 / sqrt(2)`` and vanishes far from the target, where a gradient is needed most.
    Beyond the point where the slope falls to c, this loss uses the tangent::

        loss(u) = 1 - exp(-u^2)                          u <= u_c
                  1 - exp(-u_c^2) + c (u - u_c)          u >  u_c,  2 u_c exp(-u_c^2) = c

    The loss is C1, its gradient does not vanish for c > 0, and it equals 1 - OKS near the
    target and exceeds it far away.

    Args:
        sigmas (Sequence[float]): Keypoint sigmas, (K, ). The head passes the data set's.
        tail (str): The slope c of each keypoint. 'even': ``m sigma / max(sigma)``, so that
            all keypoints far from their targets have equal gradients in pixels. 'linear':
            ``m``, so that an eye has four times the gradient of a hip; convex in u.
            'none': 0, which gives 1 - OKS. Defaults to 'even'.
        keypoint_weights (Sequence[float], optional): Weight of each keypoint, (K, ).
            Defaults to None: equal weights, as in the metric.
        loss_weight (float): Defaults to 1.0.

    Example:
        >>> loss = SmoothOKSLoss(sigmas=[0.05])
        >>> pose = torch.zeros(1, 1, 2)
        >>> loss(pose, pose, torch.ones(1, 1), area=torch.tensor([100.]))
        tensor([0.])
    """
    sigmas: Tensor
    slope: Tensor
    start: Tensor
    keypoint_weights: Tensor

    def __init__(self,
                 sigmas: Sequence[float],
                 tail: str = 'even',
                 keypoint_weights: Optional[Sequence[float]] = None,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if tail not in ('even', 'linear', 'none'):
            raise ValueError(f"tail must be 'even', 'linear' or 'none', got {tail!r}")
        weights = [1.0] * len(sigmas) if keypoint_weights is None else keypoint_weights
        if len(weights) != len(sigmas):
            raise ValueError('keypoint_weights and sigmas must have the same length, got '
                             f'{len(weights)} and {len(sigmas)}')
        self.loss_weight = loss_weight
        self.register_buffer('sigmas', torch.tensor(sigmas), persistent=False)
        sigma = self.sigmas.double()
        least = dict(even=sigma / sigma.max(), linear=torch.ones_like(sigma),
                     none=torch.zeros_like(sigma))[tail]
        slope = math.sqrt(2 / math.e) * least
        self.register_buffer('slope', slope.float(), persistent=False)
        self.register_buffer('start', _tangent_point(slope).float(), persistent=False)
        self.register_buffer('keypoint_weights', torch.tensor(weights), persistent=False)

    def forward(self,
                pred: Tensor,
                target: Tensor,
                labelled: Tensor,
                area: Tensor,
                avg_factor: Optional[Tensor] = None) -> Tensor:
        """Computes the loss of N poses.

        Args:
            pred (Tensor): Predicted keypoints in pixels, (N, K, 2).
            target (Tensor): Ground truth keypoints in pixels, (N, K, 2).
            labelled (Tensor): 1 where the keypoint is labelled, (N, K).
            area (Tensor): Area of the persons in pixels^2, (N, ).
            avg_factor (Tensor, optional): Divisor of the sum over poses, a scalar.

        Returns:
            Tensor: float32. The losses (N, ) if ``avg_factor`` is None, else a scalar.
        """
        error = keypoint_error(pred, target, area, self.sigmas)
        loss = self.profile(error)
        loss = mean_over_labelled(loss, labelled * self.keypoint_weights)
        if avg_factor is not None:
            loss = loss.sum() / avg_factor
        return loss * self.loss_weight

    def profile(self, error: Tensor) -> Tensor:
        """The loss of keypoints as a function of ``u^2``, (..., K) to (..., K).

        Note: The input of the tangent is clamped to its domain, so that the square root has
        a finite gradient even if ``torch.where`` selects the other branch.
        """
        near = -torch.expm1(-error)
        u = torch.maximum(error, self.start**2).sqrt()
        far = -torch.expm1(-self.start**2) + self.slope * (u - self.start)
        return torch.where(error <= self.start**2, near, far)


def _tangent_point(slope: Tensor) -> Tensor:
    """The u beyond the maximal slope at which 1 - exp(-u^2) has this slope, float64, (K, ).

    With ``w = -2 u^2``, ``2 u exp(-u^2) = c`` becomes ``w exp(w) = -c^2 / 2``, solved by
    Lambert's W. At u = 10 the slope is 0 in float32.
    """
    argument = (-slope.square() / 2).clamp(min=math.nextafter(-1 / math.e, 0))
    return torch.from_numpy(-lambertw(argument.numpy(), -1).real / 2).sqrt().clamp(max=10)
