"""Focal loss of scores."""
from mmpose.registry import MODELS
from torch import Tensor, nn
from torchvision.ops import sigmoid_focal_loss


@MODELS.register_module()
class FocalScoreLoss(nn.Module):
    """torchvision's focal loss with weights, so that priors can be left out.

    (mmdet's wants a compiled mmcv on a GPU.)

    Args:
        alpha (float): Weight of the positives. Defaults to 0.25 (RetinaNet).
        gamma (float): Focusing. Defaults to 2.0 (RetinaNet).
        loss_weight (float): Defaults to 1.0.
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.gamma = gamma
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, positive: Tensor, weight: Tensor) -> Tensor:
        """The weighted sum.

        Args:
            logits (Tensor): Of any shape.
            positive (Tensor): Bool, or targets in 0..1, of that shape.
            weight (Tensor): Of that shape.

        Raises:
            ValueError: If the shapes differ: broadcasting would mix up the priors.
        """
        if not logits.shape == positive.shape == weight.shape:
            raise ValueError(f'logits {tuple(logits.shape)}, positive '
                             f'{tuple(positive.shape)} and weight {tuple(weight.shape)} '
                             'must have one shape')
        loss = sigmoid_focal_loss(logits, positive.to(logits), self.alpha, self.gamma)
        return self.loss_weight * (loss * weight).sum()
