import math

import pytest
import torch
import torchvision

from erpose.models.layers import AlignedBranch, PointAggregation


def bilinear(feat, x, y):
    """One sample of (C, H, W) at cell coordinates, zero outside, spelt out."""
    _, height, width = feat.shape
    total = torch.zeros(feat.shape[0])
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < height and 0 <= column < width:
                weight = (1 - abs(y - row)) * (1 - abs(x - column))
                total += weight * feat[:, row, column]
    return total


@pytest.mark.parametrize('size', [(4, 5), (1, 1), (1, 3)])
@pytest.mark.parametrize('count', [1, 2, 5])
def test_equals_a_slow_loop(count, size):
    torch.manual_seed(0)
    layer = PointAggregation(3, 4, count)
    torch.nn.init.normal_(layer.mix.bias)
    feat, points = torch.randn(2, 3, *size), 2 * torch.randn(2, 2 * count, *size)
    with torch.no_grad():
        out = layer(feat, points)
        weight = layer.mix.weight.reshape(4, 3, count)
        for b in range(2):
            for i in range(size[0]):
                for j in range(size[1]):
                    expected = layer.mix.bias.clone()
                    for p in range(count):
                        dx, dy = points[b, 2 * p:2 * p + 2, i, j].tolist()
                        expected += weight[..., p] @ bilinear(feat[b], j + dx, i + dy)
                    torch.testing.assert_close(out[b, :, i, j], expected, atol=1e-5,
                                               rtol=1e-5)


def torchvision_deform_conv(feat, offsets, weight):
    return torchvision.ops.deform_conv2d(feat, offsets, weight, padding=1)


def mmcv_deform_conv(feat, offsets, weight):
    ops = pytest.importorskip('mmcv.ops')
    return ops.deform_conv2d(feat, offsets, weight, 1, 1)


@pytest.mark.parametrize('deform_conv', [torchvision_deform_conv, mmcv_deform_conv])
def test_equals_a_deformable_convolution(deform_conv):
    """Values and gradients. Its offsets are relative to the taps of a grid, y before x."""
    torch.manual_seed(0)
    layer = PointAggregation(4, 6, 9)
    weight = layer.mix.weight.detach().reshape(6, 4, 3, 3)
    feat, offsets = torch.randn(2, 4, 5, 7), torch.randn(2, 18, 5, 7)
    y, x = torch.meshgrid(torch.arange(-1., 2), torch.arange(-1., 2), indexing='ij')
    taps = torch.stack([y, x], -1).reshape(1, 18, 1, 1)
    leaves = [feat.clone().requires_grad_(), offsets.clone().requires_grad_(),
              feat.clone().requires_grad_(), offsets.clone().requires_grad_()]
    weight.requires_grad_()
    ours = layer(leaves[0], (leaves[1] + taps).unflatten(1, (9, 2)).flip(2).flatten(1, 2))
    try:
        theirs = deform_conv(leaves[2], leaves[3], weight)
    except RuntimeError as error:
        pytest.skip(f'no compiled operator here: {error}')
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    goal = torch.randn_like(ours)
    for out in (ours, theirs):
        (out * goal).sum().backward()
    for mine, other in zip(leaves[:2], leaves[2:]):
        torch.testing.assert_close(mine.grad, other.grad, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(layer.mix.weight.grad.reshape(6, 4, 3, 3), weight.grad,
                               atol=1e-4, rtol=1e-4)


def test_gradients_of_features_and_points():
    torch.manual_seed(0)
    layer = PointAggregation(2, 2, 2).double()
    feat = torch.randn(1, 2, 3, 3, dtype=torch.double, requires_grad=True)
    points = torch.rand(1, 4, 3, 3, dtype=torch.double) * 0.8 + 0.1  # off the kinks
    assert torch.autograd.gradcheck(layer, (feat, points.requires_grad_()))


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_finds_the_cells(dtype):
    """A ramp, in maps so wide that bfloat16 cannot represent half cells."""
    layer = PointAggregation(1, 1, 1).to(dtype)
    torch.nn.init.ones_(layer.mix.weight)
    feat = torch.zeros(1, 1, 4, 168, dtype=dtype)
    feat[..., 150:] = torch.arange(18) / 8
    points = torch.tensor([0.25, 0.]).view(1, 2, 1, 1).expand(1, 2, 4, 168).to(dtype)
    with torch.no_grad():
        found = layer(feat, points)[0, 0, 1, 150:167].float()
    torch.testing.assert_close(found, (torch.arange(17) + 0.25) / 8, atol=0.02, rtol=0)


def test_nine_points_on_the_grid_are_a_convolution():
    torch.manual_seed(0)
    layer = PointAggregation(3, 4, 9)
    y, x = torch.meshgrid(torch.arange(-1., 2), torch.arange(-1., 2), indexing='ij')
    points = torch.stack([x, y], -1).reshape(1, 18, 1, 1).expand(2, -1, 5, 6)
    feat = torch.randn(2, 3, 5, 6)
    weight = layer.mix.weight.reshape(4, 3, 3, 3)
    expected = torch.nn.functional.conv2d(feat, weight, layer.mix.bias, padding=1)
    torch.testing.assert_close(layer(feat, points), expected, atol=1e-5, rtol=1e-5)


def test_wrong_number_of_points():
    with pytest.raises(ValueError, match='3 points need 6 coordinates, got 8'):
        PointAggregation(2, 2, 3)(torch.zeros(1, 2, 4, 4), torch.zeros(1, 8, 4, 4))


@pytest.mark.parametrize('shared', [False, True])
def test_levels_share_weights_or_not(shared):
    branch = AlignedBranch(2, 4, 8, 5, 3, shared=shared)
    feats = [torch.randn(1, 4, 6, 6)] * 2
    branch.eval()
    first, second = branch(feats, [torch.zeros(1, 6, 6, 6)] * 2)
    assert first.shape == (1, 5, 6, 6)
    assert torch.equal(first, second) == shared


def test_gathers_fewer_channels():
    branch = AlignedBranch(1, 4, 8, 5, 3, gathered_channels=2)
    assert branch.aggregations[0].mix.in_channels == 2 * 3
    embedded, = branch.embed([torch.randn(1, 4, 6, 6)], [torch.zeros(1, 6, 6, 6)])
    assert embedded.shape == (1, 8, 6, 6)
