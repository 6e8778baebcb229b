import math

import pytest
import torch
from mmpose.registry import TASK_UTILS

from erpose.models.decoders import HeatmapRefiner
from erpose.structures import PoseTargets, keypoint_heatmaps

K, STRIDE, CELLS = 4, 8, 20
SIZE = 80.  # of the poses below, in pixels: their box is 80 x 80
CORNERS = torch.tensor([[0., 0.], [SIZE, 0.], [0., SIZE], [SIZE, SIZE]])


def poses(*corners):
    """Poses (1, N, K, 2) with the given first keypoints."""
    return torch.tensor(corners, dtype=torch.float32).view(1, -1, 1, 2) + CORNERS


def nothing():
    return torch.zeros(1, K, CELLS, CELLS)


def bump(x, y, sigma=8):
    """A heatmap (CELLS, CELLS) of one Gaussian about a place in pixels."""
    centres = STRIDE * (torch.arange(CELLS) + 0.5)
    squares = (centres - x).square()[None] + (centres - y).square()[:, None]
    return torch.exp(-squares / (2 * sigma**2))


def bilinear(heatmap, x, y):
    """The heat at a place in pixels, 0 outside."""
    x, y = x / STRIDE - 0.5, y / STRIDE - 0.5
    total = 0
    for i in (math.floor(x), math.floor(x) + 1):
        for j in (math.floor(y), math.floor(y) + 1):
            if 0 <= i < CELLS and 0 <= j < CELLS:
                total += (1 - abs(x - i)) * (1 - abs(y - j)) * heatmap[j, i].item()
    return total


@pytest.mark.parametrize('seed', range(3))
def test_equals_slow_loop(seed):
    rng = torch.Generator().manual_seed(seed)
    keypoints = 160 * torch.rand(2, 3, K, 2, generator=rng)
    heatmaps = torch.rand(2, K, CELLS, CELLS, generator=rng)
    refined = HeatmapRefiner(reach=0.1).refine(keypoints, heatmaps, STRIDE)
    assert refined.shape == keypoints.shape
    for b in range(2):
        for n in range(3):
            width, height = (keypoints[b, n].amax(0) - keypoints[b, n].amin(0)).tolist()
            size = math.sqrt(width * height)
            for k in range(K):
                x, y = keypoints[b, n, k].tolist()
                for step in (0.1 * size, 0.05 * size):
                    shift, total = [0, 0], 0.03**4
                    for dx in (-1, 0, 1):
                        for dy in (-1, 0, 1):
                            heat = bilinear(heatmaps[b, k], x + step * dx, y + step * dy)
                            weight = (heat * math.exp(-(dx**2 + dy**2) / 2))**4
                            total += weight
                            shift[0] += weight * step * dx
                            shift[1] += weight * step * dy
                    x, y = x + shift[0] / total, y + shift[1] / total
                assert refined[b, n, k].tolist() == pytest.approx([x, y], abs=1e-3)


def test_without_heat_everything_stays():
    keypoints = poses((20, 30), (50, 60))
    assert torch.equal(HeatmapRefiner().refine(keypoints, nothing(), STRIDE), keypoints)


def test_a_keypoint_moves_to_the_heat_of_its_own_kind():
    keypoints, heatmaps = poses((30, 40)), nothing()
    heatmaps[0, 1] = bump(30 + SIZE + 10, 40 - 8, sigma=6)
    refined = HeatmapRefiner().refine(keypoints, heatmaps, STRIDE)
    moved = refined - keypoints
    assert not moved[0, 0, [0, 2, 3]].any()
    torch.testing.assert_close(moved[0, 0, 1], torch.tensor([10., -8.]), atol=2, rtol=0)


def test_no_farther_than_the_reach_allows():
    keypoints, heatmaps = poses((30, 40)), nothing()
    heatmaps[0, 0] = bump(50, 40)
    near, far = (HeatmapRefiner(reach).refine(keypoints, heatmaps, STRIDE)[0, 0, 0, 0]
                 for reach in (0.05, 0.15))
    assert 30 < near < 35 and 40 < far < 50


def test_the_reach_is_measured_in_sizes_of_the_pose():
    keypoints, heatmaps = poses((30, 30)), torch.rand(1, K, CELLS, CELLS)
    large = HeatmapRefiner().refine(keypoints, heatmaps, STRIDE)
    small = HeatmapRefiner().refine(keypoints / 2, heatmaps, STRIDE // 2)
    torch.testing.assert_close(small, large / 2)


def test_the_targets_of_training_pull_to_the_keypoints():
    """Without bias to a side, although cells are as large as the error."""
    rng = torch.Generator().manual_seed(0)
    truth = poses((40, 40)) + 8 * torch.rand(400, 1, 1, 2, generator=rng)
    found = truth + 6 * torch.randn(truth.shape, generator=rng)
    targets = PoseTargets(
        keypoints=truth, labelled=torch.ones(400, 1, K), supervised=torch.ones(400, 1, K),
        area=torch.ones(400, 1), valid=torch.ones(400, 1, dtype=torch.bool),
        ignore=torch.zeros(400, 0, 4))
    heatmaps = keypoint_heatmaps(targets, CELLS, CELLS, STRIDE, 1.0)
    error = HeatmapRefiner().refine(found, heatmaps, STRIDE) - truth
    assert error.norm(dim=-1).mean() < 0.6 * (found - truth).norm(dim=-1).mean()
    assert error.mean((0, 1, 2)).abs().max() < 0.3


def test_wide_images():
    heatmaps = torch.zeros(1, K, 4, 30)
    heatmaps[0, 0, 2, 25] = 1
    keypoints = poses((8 * 25 - 4, 8 * 2 + 2))
    moved = HeatmapRefiner().refine(keypoints, heatmaps, STRIDE) - keypoints
    assert moved[0, 0, 0, 0] > 4 and moved[0, 0, 0].abs().argmax() == 0


@pytest.mark.parametrize('pose, size', [
    ([[40., 40.]], 8),  # one keypoint
    ([[40., 40.], [40., 40.]], 8),  # two in one place
    ([[40., 20.], [40., 92.]], 24),  # a pole: sqrt(8 * 72)
])
def test_a_pose_without_extent_has_the_size_of_a_cell(pose, size):
    keypoints = torch.tensor(pose)[None, None]
    heatmaps = torch.zeros(1, len(pose), CELLS, CELLS)
    heatmaps[0, 0] = bump(pose[0][0] + 0.15 * size, pose[0][1], sigma=4)
    moved = (HeatmapRefiner(0.15).refine(keypoints, heatmaps, STRIDE) - keypoints)[0, 0]
    assert not moved[1:].any() and abs(moved[0, 1]) < 1e-3
    assert 0.01 * size < moved[0, 0] < 0.15 * size


@pytest.mark.parametrize('heat', [0.01, 0.03, 0.3])
def test_heat_moves_a_keypoint_from_the_threshold_on(heat):
    """All heat is at the sampling point to the right. The first step moves the keypoint by
    w / (w + 0.03^4) of the step size, where w = (heat * exp(-1 / 2))^4."""
    keypoints, heatmaps = poses((36, 36)), nothing()
    step = 0.2 * SIZE  # two cells
    heatmaps[0, 0, 4, 6] = heat
    weight = (heat * math.exp(-0.5))**4
    first = weight / (weight + 0.03**4)
    moved = float((HeatmapRefiner(0.2).refine(keypoints, heatmaps, STRIDE)
                   - keypoints)[0, 0, 0, 0]) / step
    assert first * 0.99 < moved < first * 1.01 + 0.5 * (first > 0.5)
    assert (moved < 0.01) == (heat < 0.03) and (moved > 0.9) == (heat > 0.03)


def test_reach_of_0_moves_nothing():
    keypoints = poses((20, 30))
    refined = HeatmapRefiner(0).refine(keypoints, torch.rand(1, K, CELLS, CELLS), STRIDE)
    assert torch.equal(refined, keypoints)


def test_negative_reach():
    with pytest.raises(ValueError, match='must not be negative, got -1'):
        HeatmapRefiner(-1)


def test_registered():
    assert isinstance(TASK_UTILS.build(dict(type='HeatmapRefiner')), HeatmapRefiner)
