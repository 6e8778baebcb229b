"""Focal loss of scores."""
from mmpose.registry import MODELS
from torch import Tensor, nn
from torchvision.ops import sigmoid_focal_loss


@MODELS.register_module()
class FocalScoreLoss(nn.Module):
    """torchvision's focal loss with weights, so that priors can be ignored.

    (mmdet's focal loss needs a compiled mmcv on a GPU.)

    Args:
        alpha (float): Weight of the positives. Defaults to 0.25 (RetinaNet).
        gamma (float): Focusing parameter. Defaults to 2.0 (RetinaNet).
        loss_weight (float): Defaults to 1.0.
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.gamma = gamma
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, positive: Tensor, weight: Tensor) -> Tensor:
        """Computes the weighted sum.

        Args:
            logits (Tensor): Any shape.
            positive (Tensor): Bool, or targets in [0, 1], of the same shape.
            weight (Tensor): Weights of the same shape.

        Raises:
            ValueError: If the shapes differ. Broadcasting would mix up the priors.
        """
        if not logits.shape == positive.shape == weight.shape:
            raise ValueError('logits, positive and weight must have the same shape, got '
                             f'{tuple(logits.shape)}, {tuple(positive.shape)} and '
                             f'{tuple(weight.shape)}')
        loss = sigmoid_focal_loss(logits, positive.to(logits), self.alpha, self.gamma)
        return self.loss_weight * (loss * weight).sum()
