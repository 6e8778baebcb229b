import pytest
import torch

from erpose.experiments.speed import complexity


def test_complexity_counts_two_flops_a_multiply_add():
    model = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
    counts = complexity(model, 32)
    assert counts['params'] == pytest.approx(8 * 27 / 1e6)
    assert counts['gflops'] == pytest.approx(2 * 8 * 27 * 32 * 32 / 1e9)
