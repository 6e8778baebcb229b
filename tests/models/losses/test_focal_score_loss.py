import math

import pytest
import torch

from erpose.models.losses import FocalScoreLoss


def test_values():
    """-alpha (1 - p)^gamma log p of a positive, RetinaNet's equation 5."""
    logits = torch.tensor([0., 0., 2., 5.])
    positive = torch.tensor([True, False, True, False])
    p = 1 / (1 + math.exp(-2))
    expected = (0.25 * 0.5**3 * math.log(2) + 0.75 * 0.5**3 * math.log(2)
                - 4 * 0.25 * (1 - p)**3 * math.log(p))
    loss = FocalScoreLoss(gamma=3.0, loss_weight=2.0)
    value = loss(logits, positive, torch.tensor([1., 1., 4., 0.]))
    assert value.item() == pytest.approx(2 * expected, rel=1e-5)


@pytest.mark.parametrize('logits, positive, weight', [
    ((4, 1), (4, ), (4, )), ((4, ), (4, 1), (4, )), ((4, 1), (4, 1), (4, ))])
def test_other_shapes_are_refused(logits, positive, weight):
    """They would broadcast: each prior would learn from all others."""
    with pytest.raises(ValueError, match='the same shape'):
        FocalScoreLoss()(torch.zeros(logits), torch.zeros(positive), torch.ones(weight))
