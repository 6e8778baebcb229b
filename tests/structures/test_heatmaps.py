import math

import pytest
import torch
from torch.nn.functional import grid_sample

from erpose.structures import PoseTargets, keypoint_heatmaps, sample_bilinear

HEIGHT, WIDTH, STRIDE = 6, 8, 8


def make_targets(keypoints, labelled):
    """Targets of B images from (B, G, K, 2) pixels and (B, G, K) labels."""
    keypoints, labelled = torch.tensor(keypoints), torch.tensor(labelled).float()
    return PoseTargets(keypoints.float(), labelled, torch.ones_like(labelled),
                       labelled.new_ones(labelled.shape[:2]), labelled.any(-1),
                       torch.zeros(len(labelled), 0, 4))


def slow_heatmaps(targets, sigma):
    """Every cell looks at every keypoint."""
    batch, persons, num_keypoints = targets.labelled.shape
    maps = torch.zeros(batch, num_keypoints, HEIGHT, WIDTH)
    reach = math.ceil(3 * sigma)
    for b in range(batch):
        for g in range(persons):
            for k in range(num_keypoints):
                if not targets.labelled[b, g, k]:
                    continue
                px, py = (float(c / STRIDE) for c in targets.keypoints[b, g, k])
                cx, cy = math.floor(px), math.floor(py)
                for y in range(HEIGHT):
                    for x in range(WIDTH):
                        if abs(x - cx) > reach or abs(y - cy) > reach:
                            continue
                        square = (x + 0.5 - px)**2 + (y + 0.5 - py)**2
                        value = math.exp(-square / (2 * sigma**2))
                        value = 1 if (x, y) == (cx, cy) else value
                        maps[b, k, y, x] = max(maps[b, k, y, x], value)
    return maps


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('sigma', [0.4, 1.0, 2.0])
def test_equals_slow_loop(sigma, seed):
    rng = torch.Generator().manual_seed(seed)
    low, high = torch.tensor([-20., -20.]), torch.tensor([90., 70.])  # also outside
    keypoints = low + (high - low) * torch.rand(2, 3, 4, 2, generator=rng)
    labelled = torch.rand(2, 3, 4, generator=rng) < 0.7
    targets = make_targets(keypoints.tolist(), labelled.tolist())
    maps = keypoint_heatmaps(targets, HEIGHT, WIDTH, STRIDE, sigma)
    assert maps.dtype == torch.float32
    torch.testing.assert_close(maps, slow_heatmaps(targets, sigma))


@pytest.mark.parametrize('x, y, cell', [
    pytest.param(20.0, 12.0, (1, 2), id='inside'),
    pytest.param(0.0, 0.0, (0, 0), id='first cell'),
    pytest.param(63.9, 47.9, (5, 7), id='last cell'),
    pytest.param(64.0, 12.0, None, id='right of the map'),
    pytest.param(20.0, 48.0, None, id='below the map'),
    pytest.param(-0.1, 12.0, None, id='left of the map'),  # floor, not truncation
    pytest.param(20.0, -0.1, None, id='above the map'),
])
def test_one_at_the_cell_of_the_keypoint(x, y, cell):
    maps = keypoint_heatmaps(
        make_targets([[[[x, y]]]], [[[1]]]), HEIGHT, WIDTH, STRIDE, sigma=1.0)
    ones = (maps[0, 0] == 1).nonzero().tolist()
    assert ones == ([] if cell is None else [list(cell)])
    assert maps.min() >= 0


def test_heat_tells_where_in_its_cell_a_keypoint_is():
    maps = keypoint_heatmaps(
        make_targets([[[[22.0, 18.0]]]], [[[1]]]), HEIGHT, WIDTH, STRIDE, sigma=1.0)[0, 0]
    assert maps[2, 3] > maps[2, 1] and maps[1, 2] > maps[3, 2]
    # beside the cell of the keypoint 10 and 6 pixels away, along x
    assert maps[2, 1] == pytest.approx(math.exp(-(1.25**2 + 0.25**2) / 2))
    assert maps[2, 3] == pytest.approx(math.exp(-(0.75**2 + 0.25**2) / 2))


def test_maximum_where_persons_overlap():
    person = [[[20.0, 20.0]]]
    alone = keypoint_heatmaps(make_targets([person], [[[1]]]), HEIGHT, WIDTH, STRIDE, 2.0)
    other = keypoint_heatmaps(
        make_targets([[[[36.0, 20.0]]]], [[[1]]]), HEIGHT, WIDTH, STRIDE, 2.0)
    both = keypoint_heatmaps(
        make_targets([person + [[[36.0, 20.0]]]], [[[1], [1]]]), HEIGHT, WIDTH, STRIDE, 2.)
    torch.testing.assert_close(both, torch.maximum(alone, other))


@pytest.mark.parametrize('targets', [
    pytest.param(make_targets([[[[20., 20.]]]], [[[0]]]), id='unlabelled'),
    pytest.param(
        make_targets(torch.zeros(1, 0, 1, 2).tolist(), [[]])._replace(
            keypoints=torch.zeros(1, 0, 1, 2), labelled=torch.zeros(1, 0, 1)),
        id='nobody'),
])
def test_empty(targets):
    maps = keypoint_heatmaps(targets, HEIGHT, WIDTH, STRIDE, 1.0)
    assert maps.shape == (1, 1, HEIGHT, WIDTH)
    assert not maps.any()


@pytest.mark.parametrize('seed', range(3))
def test_sample_bilinear_is_grid_sample(seed):
    rng = torch.Generator().manual_seed(seed)
    maps = torch.randn(2, 3, 7, 11, generator=rng)
    points = 16 * torch.rand(2, 3, 50, 2, generator=rng) - 3  # on the map and around it
    sampled = sample_bilinear(maps, *points.unbind(-1))
    grid = 2 * points / torch.tensor([11., 7.]) - 1
    expected = grid_sample(maps.flatten(0, 1)[:, None], grid.flatten(0, 1)[:, None],
                           align_corners=False)
    torch.testing.assert_close(sampled, expected.view(2, 3, 50), atol=1e-5, rtol=0)
    assert (sampled == 0).any() and (sampled != 0).any()
