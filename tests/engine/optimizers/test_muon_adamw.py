"""Matrices take Muon's steps, all else AdamW's."""
import copy

import pytest
import torch
from mmpose.registry import OPTIMIZERS
from torch import nn

from erpose.engine import MuonAdamW
from erpose.engine.optimizers.muon_adamw import is_matrix, orthogonalised


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3, groups=8),
        nn.Conv2d(8, 4, 1), nn.Conv2d(4, 1, 1))


def descend(model, optimizer, count, seed=0):
    torch.manual_seed(seed)
    for _ in range(count):
        optimizer.zero_grad()
        model(torch.randn(4, 3, 8, 8)).square().mean().backward()
        optimizer.step()


def matrices_of(model):
    return [name for name, weight in model.named_parameters() if is_matrix(weight)]


def test_dense_convolutions_are_matrices_and_depthwise_ones_are_not():
    assert matrices_of(network()) == ['0.weight', '3.weight']


@pytest.mark.parametrize('shape', [(16, 16), (8, 27), (64, 8), (2, 300)])
def test_orthogonal_matrices_have_singular_values_near_1(shape):
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(3, *shape)))
    assert values.min() > 0.6 and values.max() < 1.25


def test_matrices_take_the_steps_of_torchs_muon():
    if not hasattr(torch.optim, 'Muon'):
        pytest.skip('this version of PyTorch has no Muon')
    torch.manual_seed(0)
    start, gradients = torch.randn(24, 40), torch.randn(5, 24, 40)
    ours, theirs = (nn.Parameter(start.clone()) for _ in range(2))
    optimizers = [
        MuonAdamW([ours], lr=0.1, weight_decay=0.05),
        torch.optim.Muon([theirs], lr=0.1, weight_decay=0.05,
                         adjust_lr_fn='match_rms_adamw')]
    for gradient in gradients:
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        for optimizer in optimizers:
            optimizer.step()
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.01 * moved  # theirs computes in bfloat16


def test_a_convolution_steps_as_the_matrix_of_its_output_channels():
    torch.manual_seed(0)
    weight, gradient = torch.randn(6, 5, 3, 3), torch.randn(6, 5, 3, 3)
    results = []
    for value, grad in ((weight, gradient), (weight.flatten(1), gradient.flatten(1)),
                        (weight.to(memory_format=torch.channels_last),
                         gradient.to(memory_format=torch.channels_last))):
        parameter = nn.Parameter(value.clone())
        parameter.grad = grad.clone()
        MuonAdamW([parameter], lr=0.1).step()
        results.append(parameter.detach().reshape(6, -1))
    torch.testing.assert_close(results[1], results[0])
    torch.testing.assert_close(results[2], results[0])


def test_all_other_parameters_take_the_steps_of_adamw():
    """Each with the gradients of the first step, at which both networks are the same."""
    mine = network()
    other = copy.deepcopy(mine)
    descend(mine, MuonAdamW(mine.parameters(), lr=0.01, weight_decay=0.1), 1)
    descend(other, torch.optim.AdamW(other.parameters(), lr=0.01, weight_decay=0.1), 1)
    matrices = matrices_of(mine)
    for (name, weight), expected in zip(mine.named_parameters(), other.parameters()):
        assert torch.equal(weight, expected) == (name not in matrices), name
        assert weight.grad is not None


def test_it_goes_on_from_its_own_state_and_from_that_of_adamw():
    model = network()
    optimizer = MuonAdamW(model.parameters(), lr=0.01)
    descend(model, optimizer, 3)
    resumed = copy.deepcopy(model)
    again = MuonAdamW(resumed.parameters(), lr=0.01)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    descend(model, optimizer, 3, seed=1)
    descend(resumed, again, 3, seed=1)
    for expected, weight in zip(model.parameters(), resumed.parameters()):
        assert torch.equal(weight, expected)

    adamw = torch.optim.AdamW(model.parameters(), lr=0.01)
    descend(model, adamw, 3)
    again.load_state_dict(adamw.state_dict())
    descend(resumed, again, 1)
    state = again.state_dict()['state']
    assert set(state[0]) == {'step', 'exp_avg'}
    assert set(state[1]) == {'step', 'exp_avg', 'exp_avg_sq'}


def test_without_gradient_a_matrix_stays_finite_or_untouched():
    zero, absent = nn.Parameter(torch.ones(4, 4)), nn.Parameter(torch.ones(4, 4))
    zero.grad = torch.zeros(4, 4)
    MuonAdamW([zero, absent], lr=0.1, weight_decay=0).step()
    assert torch.equal(zero, torch.ones(4, 4)) and torch.equal(absent, torch.ones(4, 4))


def test_a_closure_is_called_once_and_its_value_returned():
    model, calls = network(), []

    def closure():
        calls.append(torch.is_grad_enabled())
        return torch.tensor(3.0)

    assert MuonAdamW(model.parameters()).step(closure) == 3
    assert calls == [True]


def test_configs_name_it_and_a_wrong_momentum_is_refused():
    parameters = list(network().parameters())
    built = OPTIMIZERS.build(dict(type='MuonAdamW', params=parameters, lr=0.1))
    assert isinstance(built, MuonAdamW)
    with pytest.raises(ValueError, match='momentum is 1.0'):
        MuonAdamW(parameters, momentum=1.0)
