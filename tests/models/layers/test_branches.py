import pytest
import torch

from erpose.models.layers import AlignedBranch, LevelBranch, flatten_levels
from erpose.structures import point_priors

SIZES = [(4, 6), (2, 3), (1, 2)]
STRIDES = [8, 16, 32]


def test_flattened_maps_follow_the_priors():
    priors = point_priors(SIZES, STRIDES)
    maps = [
        torch.stack([
            level.stride * (torch.arange(level.width) + 0.5).expand(level.height, -1),
            level.stride * (torch.arange(level.height) + 0.5)[:, None].expand(
                -1, level.width)
        ]).expand(2, -1, -1, -1) for level in priors.levels
    ]
    flat = flatten_levels(maps)
    assert flat.shape == (2, len(priors.points), 2)
    assert torch.equal(flat[0], priors.points) and torch.equal(flat[1], priors.points)


@pytest.mark.parametrize('use_depthwise', [False, True])
@pytest.mark.parametrize('num_convs', [1, 2])
def test_each_level_has_its_own_weights(num_convs, use_depthwise):
    branch = LevelBranch(3, 4, 8, 5, num_convs, use_depthwise)
    outputs = branch([torch.rand(2, 4, *size) for size in SIZES])
    assert [tuple(out.shape) for out in outputs] == [(2, 5, *size) for size in SIZES]
    outputs[1].sum().backward()
    touched = {name.split('.')[1] for name, p in branch.named_parameters()
               if p.grad is not None}
    assert touched == {'1'}
    grouped = [m for m in branch.modules()
               if isinstance(m, torch.nn.Conv2d) and m.groups > 1]
    assert len(grouped) == (3 * num_convs if use_depthwise else 0)


@pytest.mark.parametrize('gathered_channels', [None, 2])
def test_aligned_branch_ends_in_its_activation(gathered_channels):
    branch = AlignedBranch(1, 4, 8, 5, num_points=3, gathered_channels=gathered_channels,
                           act_cfg=dict(type='ReLU'))
    feats, points = [torch.randn(2, 4, 6, 6)], [torch.rand(2, 6, 6, 6) * 6]
    embedded, = branch.embed(feats, points)
    assert embedded.shape == (2, 8, 6, 6)
    assert embedded.min() == 0 and embedded.max() > 0
    assert torch.equal(branch(feats, points)[0], branch.outputs[0](embedded))
