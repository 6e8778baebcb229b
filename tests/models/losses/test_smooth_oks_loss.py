import math

import pytest
import torch
from mmpose.registry import MODELS

from erpose.models.losses import SmoothOKSLoss
from erpose.structures import keypoint_error, oks

SIGMAS = [0.05, 0.1, 0.025]
U0 = 1 / math.sqrt(2)  # inflection of 1 - exp(-u^2)
MAX_SLOPE = math.sqrt(2 / math.e)  # its slope there
TAILS = ['even', 'linear', 'none']


def derivatives(loss, u):
    """Value, slope and curvature of the profile over u = sqrt(e), each (N, K), float64."""
    u = torch.as_tensor(u, dtype=torch.float64).reshape(-1, 1).expand(-1, len(SIGMAS))
    u = u.clone().requires_grad_()
    value = loss.double().profile(u**2)
    slope, = torch.autograd.grad(value.sum(), u, create_graph=True)
    curvature, = torch.autograd.grad(slope.sum(), u)
    return value.detach(), slope.detach(), curvature


def random_batch(seed, count=8, noise=2.0):
    rng = torch.Generator().manual_seed(seed)
    target = 200 * torch.rand(count, len(SIGMAS), 2, generator=rng)
    pred = target + noise * torch.randn(target.shape, generator=rng)
    labelled = (torch.rand(count, len(SIGMAS), generator=rng) < 0.7).float()
    labelled[:, 0] = 1
    return pred, target, labelled, 2000 + 5000 * torch.rand(count, generator=rng)


@pytest.mark.parametrize('side', [-1e-7, 0, 1e-7], ids=['below', 'at', 'above'])
def test_linear_is_c2_at_the_inflection(side):
    value, slope, curvature = derivatives(SmoothOKSLoss(SIGMAS, 'linear'), U0 + side)
    torch.testing.assert_close(value, torch.full_like(value, 1 - math.exp(-0.5)),
                               atol=1e-7, rtol=0)
    torch.testing.assert_close(slope, torch.full_like(slope, MAX_SLOPE), atol=1e-7, rtol=0)
    torch.testing.assert_close(curvature, torch.zeros_like(slope), atol=1e-6, rtol=0)


def test_even_leaves_one_minus_oks_where_it_pulls_less_than_the_tail():
    loss = SmoothOKSLoss(SIGMAS)
    u = torch.linspace(0, 5, 5001, dtype=torch.float64)
    value, slope, _ = derivatives(loss, u)
    plain, pull, _ = derivatives(SmoothOKSLoss(SIGMAS, 'none'), u)
    least = MAX_SLOPE * torch.tensor(SIGMAS, dtype=torch.float64) / max(SIGMAS)
    near = (u[:, None] <= U0) | (pull >= least)
    expected = torch.where(near, pull, least)
    torch.testing.assert_close(slope, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(value[near], plain[near], atol=1e-7, rtol=0)
    assert (value >= plain - 1e-7).all()
    assert (value.diff(dim=0) < 2e-3).all()  # no jump


@pytest.mark.parametrize('tail', TAILS)
def test_profile_rises_with_bounded_slope(tail):
    # 'none' is flat to rounding past u = 5: that is what the tails are for
    end = 5 if tail == 'none' else 1e4
    u = torch.cat([torch.linspace(0, 2, 400), torch.linspace(2, end, 400)[1:]])
    value, slope, _ = derivatives(SmoothOKSLoss(SIGMAS, tail), u)
    assert (value[0] == 0).all()
    assert (value.diff(dim=0) > 0).all()
    assert (slope[1:] > 0).all()
    assert (slope <= MAX_SLOPE + 1e-7).all()


def test_linear_is_convex_and_never_lets_go():
    u = torch.cat([torch.linspace(0, 2, 400), torch.logspace(1, 8, 50)])
    _, slope, curvature = derivatives(SmoothOKSLoss(SIGMAS, 'linear'), u)
    assert (slope.diff(dim=0) >= -1e-7).all()
    assert (curvature >= -1e-6).all()
    far = slope[u > U0 + 1e-3]
    torch.testing.assert_close(far, torch.full_like(far, MAX_SLOPE))


@pytest.mark.parametrize('tail, noise, inside', [
    pytest.param('linear', 0.4, True, id='linear, all inside u0'),
    pytest.param('even', 0.4, True, id='even, all inside u0'),
    pytest.param('none', 0.4, True, id='none, inside'),
    pytest.param('none', 30.0, False, id='none, anywhere'),
])
def test_equals_one_minus_oks(tail, noise, inside):
    pred, target, labelled, area = random_batch(0, noise=noise)
    sigmas = torch.tensor(SIGMAS)
    error = keypoint_error(pred, target, area, sigmas)
    assert (error.max() < 0.5) == inside
    similarity = oks(pred, target, labelled, area, sigmas)
    torch.testing.assert_close(
        SmoothOKSLoss(SIGMAS, tail=tail)(pred, target, labelled, area), 1 - similarity)


@pytest.mark.parametrize('tail', ['even', 'linear'])
def test_tail_exceeds_one_minus_oks_outside(tail):
    pred, target, labelled, area = random_batch(0, noise=100.0)
    loss = SmoothOKSLoss(SIGMAS, tail=tail)(pred, target, labelled, area)
    assert (loss > 1 - oks(pred, target, labelled, area, torch.tensor(SIGMAS))).all()


@pytest.mark.parametrize('tail', TAILS)
@pytest.mark.parametrize('distance', [0, 1e-20, 1e-3, 1e3, 1e8, 1e15])
def test_finite_at_any_distance(distance, tail):
    target = torch.full((1, 3, 2), 0.0)
    pred = (target + distance).requires_grad_()
    loss = SmoothOKSLoss(SIGMAS, tail=tail)(pred, target, torch.ones(1, 3),
                                            torch.tensor([400.]))
    loss.sum().backward()
    assert loss.isfinite().all()
    assert pred.grad.isfinite().all()
    if distance == 0:
        assert loss == 0 and not pred.grad.any()


@pytest.mark.parametrize('tail, pixels', [
    pytest.param('even', lambda sigma: 1 / max(SIGMAS), id='even: alike'),
    pytest.param('linear', lambda sigma: 1 / sigma, id='linear: by 1 / sigma'),
])
@pytest.mark.parametrize('distance', [100., 1e3, 1e7])
def test_pull_from_any_distance(tail, pixels, distance):
    pred = torch.zeros(1, 3, 2)
    pred[..., 0] = distance
    pred.requires_grad_()
    loss = SmoothOKSLoss(SIGMAS, tail)(pred, torch.zeros(1, 3, 2), torch.ones(1, 3),
                                       torch.full((1, ), 100.))
    loss.sum().backward()
    # u = d / (sqrt(2) s 2 sigma), here s = 10; the mean of three keypoints
    expected = [MAX_SLOPE * pixels(s) / (20 * math.sqrt(2)) / 3 for s in SIGMAS]
    torch.testing.assert_close(pred.grad[0, :, 0], torch.tensor(expected))
    assert not pred.grad[..., 1].any()


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('tail', TAILS)
def test_half_precision(tail, dtype):
    pred, target, labelled, area = random_batch(0, noise=5.0)
    pred[0] += 400  # its square overflows float16
    half = pred.to(dtype).requires_grad_()
    loss = SmoothOKSLoss(SIGMAS, tail=tail)
    with torch.autocast('cpu', dtype=dtype):
        value = loss(half, target, labelled, area)
        value.sum().backward()
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, loss(half.detach().float(), target, labelled, area))
    assert value.isfinite().all() and half.grad.isfinite().all()


def test_keypoint_weights_are_a_weighted_mean():
    pred, target, labelled, area = random_batch(0)
    each = SmoothOKSLoss(SIGMAS).profile(
        keypoint_error(pred, target, area, torch.tensor(SIGMAS)))
    weight = labelled * torch.tensor([3., 1., 0.5])
    expected = (each * weight).sum(-1) / weight.sum(-1)
    weighted = SmoothOKSLoss(SIGMAS, keypoint_weights=[3, 1, 0.5])
    torch.testing.assert_close(weighted(pred, target, labelled, area), expected)


@pytest.mark.parametrize('settings, arguments, expected', [
    pytest.param({}, {}, lambda each: each, id='one loss a pose'),
    pytest.param(dict(loss_weight=5.0), {}, lambda each: 5 * each, id='loss_weight'),
    pytest.param({}, dict(avg_factor=torch.tensor(4.)), lambda each: each.sum() / 4,
                 id='avg_factor gives a scalar'),
    pytest.param(dict(loss_weight=2.0), dict(avg_factor=torch.tensor(4.)),
                 lambda each: 2 * each.sum() / 4, id='both'),
])
def test_reduction(settings, arguments, expected):
    batch = random_batch(0)
    each = SmoothOKSLoss(SIGMAS)(*batch)
    result = SmoothOKSLoss(SIGMAS, **settings)(*batch, **arguments)
    torch.testing.assert_close(result, expected(each))


def test_no_pose_is_zero_and_backpropagates():
    pred = torch.zeros(0, 3, 2, requires_grad=True)
    loss = SmoothOKSLoss(SIGMAS)(pred, torch.zeros(0, 3, 2), torch.zeros(0, 3),
                                 torch.zeros(0), avg_factor=torch.tensor(1.))
    loss.backward()
    assert loss == 0
    assert pred.grad.shape == (0, 3, 2)


@pytest.mark.parametrize('labelled', [[1., 0., 1.], [0., 0., 0.]], ids=['one', 'all'])
def test_unlabelled_keypoints_give_no_gradient(labelled):
    labelled = torch.tensor([labelled])
    pred = torch.full((1, 3, 2), 7.0, requires_grad=True)
    loss = SmoothOKSLoss(SIGMAS)(pred, torch.zeros(1, 3, 2), labelled, torch.tensor([99.]))
    loss.sum().backward()
    assert (pred.grad[labelled > 0] != 0).all()
    assert (pred.grad[labelled == 0] == 0).all()
    assert loss.isfinite().all()


@pytest.mark.parametrize('settings, message', [
    pytest.param(dict(tail='cubic'), "'even', 'linear' or 'none', got 'cubic'", id='tail'),
    pytest.param(dict(keypoint_weights=[1, 2]), 'same length, got 2 and 3', id='weights'),
])
def test_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        SmoothOKSLoss(SIGMAS, **settings)


def test_registered_and_without_state():
    loss = MODELS.build(dict(type='SmoothOKSLoss', sigmas=SIGMAS))
    assert not loss.state_dict()  # the sigmas are the data set's, not the checkpoint's
