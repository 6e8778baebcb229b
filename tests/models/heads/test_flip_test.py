import pytest
import torch

from erpose.models.heads.flip_test import mean_of_views

STRIDES = (8, 16, 32)
SIDES = [1, 0, 2]  # a left, a right, one in the middle
K = len(SIDES)


def maps(width=96, height=64, seed=0):
    rng = torch.Generator().manual_seed(seed)
    shapes = [(-(-height // s), -(-width // s)) for s in STRIDES]
    return tuple([torch.randn(2, channels, *shape, generator=rng) for shape in levels]
                 for channels, levels in ((1, shapes), (3 * K, shapes), (K, shapes[:1])))


def pixels(poses, level, row, column):
    """Keypoints (K, 2) that the maps of a level predict in a cell of the first image."""
    stride = STRIDES[level]
    offsets = poses[level][0, :2 * K, row, column].view(K, 2)
    return (offsets + torch.tensor([column + 0.5, row + 0.5])) * stride


def test_each_prior_has_the_mean_of_both_views():
    """A prediction in a cell of the mirror image is mirrored back to the image."""
    width = 96
    here, there = maps(width), maps(width, seed=1)
    scores, poses, heatmaps = mean_of_views(here, there, SIDES, STRIDES)
    cells = [(level, row, column) for level, logits in enumerate(scores)
             for row, column in torch.ones_like(logits[0, 0]).nonzero().tolist()]
    for level, row, column in cells:
        twin = width // STRIDES[level] - 1 - column
        mirrored = pixels(there[1], level, row, twin)[SIDES]
        mirrored[:, 0] = width - 1 - mirrored[:, 0]
        mean = (pixels(here[1], level, row, column) + mirrored) / 2
        torch.testing.assert_close(pixels(poses, level, row, column), mean,
                                   atol=1e-4, rtol=0)
        for found, one, other, sides in (
                (scores[level], here[0][level], there[0][level], [0]),
                (poses[level][:, 2 * K:], here[1][level][:, 2 * K:],
                 there[1][level][:, 2 * K:], SIDES)):
            torch.testing.assert_close(
                found[..., row, column],
                (one[..., row, column] + other[..., row, twin][:, sides]) / 2)
    assert cells[-1] == (2, 1, 2)
    torch.testing.assert_close(
        heatmaps[0], (here[2][0] + there[2][0].flip(-1)[:, SIDES]) / 2)


def test_without_heatmaps_there_are_none():
    here = (*maps()[:2], [])
    assert mean_of_views(here, here, SIDES, STRIDES)[2] == []


def test_a_width_that_the_priors_do_not_fill_is_refused():
    with pytest.raises(ValueError, match=r'multiple of 32: .* \[80, 96\] pixels'):
        mean_of_views(maps(80), maps(80), SIDES, STRIDES)
