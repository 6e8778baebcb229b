"""The regression loss: 1 - OKS near the target, a straight line far from it."""
import math
from typing import Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from erpose.structures import keypoint_error, mean_over_labelled

INFLECTION = math.sqrt(0.5)


@MODELS.register_module()
class SmoothOKSLoss(nn.Module):
    """Smooth OKS loss (ours, after the one sentence in ER-Pose's abstract).

    With ``u = sqrt(e)`` the OKS of a keypoint is ``exp(-u^2)``. ``1 - exp(-u^2)`` is
    concave past its inflection ``u0 = 1/sqrt(2)``, and its gradient vanishes where it is
    needed most: far from the target. Past ``u0`` this loss goes on as its tangent, with
    slope ``sqrt(2/e)``. It is C2 and convex in u, equals 1 - OKS for ``u <= u0``, and pulls
    equally hard from any distance.

    Args:
        sigmas (Sequence[float]): Keypoint sigmas, (K, ). The head passes the data set's.
        tail (str): Continuation past ``u0``: 'linear' (the tangent), 'log' (slope falls as
            1/u: a far outlier counts less) or 'none' (plain 1 - OKS). Defaults to 'linear'.
        keypoint_weights (Sequence[float], optional): Weight of each keypoint, (K, ).
            Defaults to None: all equal, as in the metric.
        loss_weight (float): Defaults to 1.0.

    Example:
        >>> loss = SmoothOKSLoss(sigmas=[0.05])
        >>> pose = torch.zeros(1, 1, 2)
        >>> loss(pose, pose, torch.ones(1, 1), area=torch.tensor([100.]))
        tensor([0.])
    """

    def __init__(self,
                 sigmas,
                 tail: str = 'linear',
                 keypoint_weights=None,
                 loss_weight: float = 1.0):
        super().__init__()
        if tail not in ('linear', 'log', 'none'):
            raise ValueError(f"tail must be 'linear', 'log' or 'none', got {tail!r}")
        weights = [1.0] * len(sigmas) if keypoint_weights is None else keypoint_weights
        if len(weights) != len(sigmas):
            raise ValueError(f'{len(weights)} keypoint_weights for {len(sigmas)} sigmas')
        self.tail = tail
        self.loss_weight = loss_weight
        self.register_buffer('sigmas', torch.tensor(sigmas), persistent=False)
        self.register_buffer('keypoint_weights', torch.tensor(weights), persistent=False)

    def forward(self,
                pred: Tensor,
                target: Tensor,
                labelled: Tensor,
                area: Tensor,
                weight: Optional[Tensor] = None,
                avg_factor: Optional[Tensor] = None) -> Tensor:
        """Loss of N poses.

        Args:
            pred (Tensor): Predicted keypoints in pixels, (N, K, 2).
            target (Tensor): Ground truth keypoints in pixels, (N, K, 2).
            labelled (Tensor): 1 where the keypoint is labelled, (N, K).
            area (Tensor): Area of the persons in pixels^2, (N, ).
            weight (Tensor, optional): Weight of each pose, (N, ).
            avg_factor (Tensor, optional): Divides the weighted sum, a scalar.

        Returns:
            Tensor: float32. The losses (N, ) if ``avg_factor`` is None, else a scalar.
        """
        error = keypoint_error(pred, target, area, self.sigmas)
        loss = self.profile(error)
        loss = mean_over_labelled(loss, labelled * self.keypoint_weights)
        if weight is not None:
            loss = loss * weight
        if avg_factor is not None:
            loss = loss.sum() / avg_factor
        return loss * self.loss_weight

    def profile(self, error: Tensor) -> Tensor:
        """The loss as a function of ``e = u^2`` alone, elementwise.

        Both branches are computed on inputs clamped to their own side of the inflection:
        the branch not taken contributes a zero gradient, never 0 x inf.
        """
        near = -torch.expm1(-error)
        if self.tail == 'none':
            return near
        value, slope = 1 - math.exp(-0.5), math.sqrt(2 / math.e)
        u = error.clamp(min=0.5).sqrt()
        if self.tail == 'linear':
            far = value + slope * (u - INFLECTION)
        else:
            far = value + slope * INFLECTION * torch.log(u / INFLECTION)
        return torch.where(error <= 0.5, near, far)
