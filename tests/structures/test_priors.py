import pytest
import torch

from erpose.structures import Level, point_priors


@pytest.mark.parametrize('sizes, strides', [
    pytest.param([(2, 3)], [8], id='one level, not square'),
    pytest.param([(4, 6), (2, 3), (1, 2)], [8, 16, 32], id='three levels'),
    pytest.param([(80, 80), (40, 40), (20, 20)], [8, 16, 32], id='640x640'),
])
def test_equals_slow_loop(sizes, strides):
    points, prior_strides, levels = [], [], []
    for (height, width), stride in zip(sizes, strides):
        levels.append(Level(stride, height, width, len(points)))
        for y in range(height):
            for x in range(width):
                points.append([(x + 0.5) * stride, (y + 0.5) * stride])
                prior_strides.append(stride)

    priors = point_priors(sizes, strides)
    assert priors.points.tolist() == points
    assert priors.strides.tolist() == prior_strides
    assert priors.levels == levels
    assert priors.points.dtype == priors.strides.dtype == torch.float32


def test_number_and_corners_at_640():
    priors = point_priors([(80, 80), (40, 40), (20, 20)], [8, 16, 32])
    assert len(priors.points) == 8400  # as every detector of these strides
    assert priors.points[0].tolist() == [4, 4]
    assert priors.points[-1].tolist() == [624, 624]
