import math

import pytest
import torch
from mmpose.registry import MODELS

from erpose.models.losses import SmoothOKSLoss
from erpose.structures import keypoint_error, oks

SIGMAS = [0.05, 0.1, 0.025]
U0 = 1 / math.sqrt(2)  # inflection of 1 - exp(-u^2)
MAX_SLOPE = math.sqrt(2 / math.e)  # its slope there
TAILS = ['linear', 'log', 'none']


def derivatives(loss, u):
    """Value, slope and curvature of the profile over u = sqrt(e), in float64."""
    u = torch.as_tensor(u, dtype=torch.float64).requires_grad_()
    value = loss.profile(u**2)
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
    value, slope, curvature = derivatives(SmoothOKSLoss(SIGMAS), U0 + side)
    assert value == pytest.approx(1 - math.exp(-0.5), abs=1e-6)
    assert slope == pytest.approx(MAX_SLOPE, abs=1e-6)
    assert curvature == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize('side', [-1e-7, 1e-7], ids=['below', 'above'])
def test_log_is_c1_at_the_inflection(side):
    value, slope, _ = derivatives(SmoothOKSLoss(SIGMAS, tail='log'), U0 + side)
    assert value == pytest.approx(1 - math.exp(-0.5), abs=1e-6)
    assert slope == pytest.approx(MAX_SLOPE, abs=1e-6)


@pytest.mark.parametrize('tail', TAILS)
def test_profile_rises_with_bounded_slope(tail):
    # 'none' is flat to rounding past u = 5: that is what the tails are for
    end = 5 if tail == 'none' else 1e4
    u = torch.cat([torch.linspace(0, 2, 400), torch.linspace(2, end, 400)[1:]])
    value, slope, _ = derivatives(SmoothOKSLoss(SIGMAS, tail=tail), u)
    assert value[0] == 0
    assert (value.diff() > 0).all()
    assert (slope[1:] > 0).all()
    assert (slope <= MAX_SLOPE + 1e-9).all()


def test_linear_is_convex_and_never_lets_go():
    u = torch.cat([torch.linspace(0, 2, 400), torch.logspace(1, 8, 50)])
    _, slope, curvature = derivatives(SmoothOKSLoss(SIGMAS), u)
    assert (slope.diff() >= -1e-9).all()
    assert (curvature >= -1e-9).all()
    assert slope[u > U0] == pytest.approx(MAX_SLOPE)


def test_log_slope_falls_as_one_over_u():
    u = torch.tensor([1.0, 10.0, 1000.0])
    _, slope, _ = derivatives(SmoothOKSLoss(SIGMAS, tail='log'), u)
    torch.testing.assert_close(slope, (MAX_SLOPE * U0 / u).double())


@pytest.mark.parametrize('tail, noise, inside', [
    pytest.param('linear', 0.4, True, id='linear, all inside u0'),
    pytest.param('log', 0.4, True, id='log, all inside u0'),
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


@pytest.mark.parametrize('tail', ['linear', 'log'])
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


def test_linear_pulls_equally_hard_from_any_distance():
    pred = torch.tensor([[[50., 0.]], [[1e3, 0.]], [[1e7, 0.]]], requires_grad=True)
    loss = SmoothOKSLoss([0.05])(pred, torch.zeros(3, 1, 2), torch.ones(3, 1),
                                 torch.full((3, ), 100.))
    loss.sum().backward()
    # u = d / (sqrt(2) s 2 sigma) = d / sqrt(2) pixels
    torch.testing.assert_close(
        pred.grad[:, 0], torch.tensor([[MAX_SLOPE / math.sqrt(2), 0.]]).expand(3, 2))


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
    pytest.param({}, dict(weight=torch.arange(8.)), lambda each: each * torch.arange(8.),
                 id='weight of each pose'),
    pytest.param(dict(loss_weight=2.0),
                 dict(weight=torch.arange(8.), avg_factor=torch.tensor(4.)),
                 lambda each: 2 * (each * torch.arange(8.)).sum() / 4, id='all of them'),
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
    pytest.param(dict(tail='cubic'), "'linear', 'log' or 'none', got 'cubic'", id='tail'),
    pytest.param(dict(keypoint_weights=[1, 2]), '2 keypoint_weights for 3', id='weights'),
])
def test_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        SmoothOKSLoss(SIGMAS, **settings)


def test_registered_and_without_state():
    loss = MODELS.build(dict(type='SmoothOKSLoss', sigmas=SIGMAS))
    assert not loss.state_dict()  # the sigmas are the data set's, not the checkpoint's
