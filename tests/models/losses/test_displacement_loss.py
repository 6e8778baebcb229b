import pytest
import torch

from erpose.models.losses import DisplacementLoss


@pytest.mark.parametrize('power, expected', [(1, [7., 2.]), (2, [25., 3.])])
def test_values(power, expected):
    pred = torch.tensor([[[3., 4.], [9., 9.]], [[1., 0.], [1., 2.]]])
    labelled = torch.tensor([[1., 0.], [1., 1.]])
    loss = DisplacementLoss(power, loss_weight=2.)
    values = loss(pred + 5, torch.full_like(pred, 5), labelled)
    torch.testing.assert_close(values, 2 * torch.tensor(expected))
    mean = loss(pred + 5, torch.full_like(pred, 5), labelled, torch.tensor(4.))
    torch.testing.assert_close(mean, values.sum() / 4)
