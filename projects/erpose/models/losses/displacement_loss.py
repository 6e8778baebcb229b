"""L1 or squared L2 loss of displacements, for PoseDet and SMPR."""
from typing import Optional

import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from erpose.structures import mean_over_labelled


@MODELS.register_module()
class DisplacementLoss(nn.Module):
    """Mean over the labelled keypoints of ``|dx|^p + |dy|^p``, in strides of the level.

    Args:
        power (int): p: 1 (SMPR, equation 5) or 2 (PoseDet, equation 4).
        loss_weight (float): Defaults to 1.0.
    """

    def __init__(self, power: int, loss_weight: float = 1.0) -> None:
        super().__init__()
        if power not in (1, 2):
            raise ValueError(f'power must be 1 or 2, got {power}')
        self.power = power
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, labelled: Tensor,
                avg_factor: Optional[Tensor] = None) -> Tensor:
        """Computes the loss of N poses.

        Args:
            pred (Tensor): Displacements in strides, (N, K, 2).
            target (Tensor): Target displacements in strides, (N, K, 2).
            labelled (Tensor): 1 where the keypoint is labelled, (N, K).
            avg_factor (Tensor, optional): Divisor of the sum over poses, a scalar.

        Returns:
            Tensor: (N, ) if ``avg_factor`` is None, else a scalar.
        """
        function = F.l1_loss if self.power == 1 else F.mse_loss
        distance = function(pred, target, reduction='none').sum(-1)
        loss = mean_over_labelled(distance, labelled)
        if avg_factor is not None:
            loss = loss.sum() / avg_factor
        return loss * self.loss_weight
