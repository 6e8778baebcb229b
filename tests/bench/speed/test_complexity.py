import pytest
import torch

from erpose_bench.speed.complexity import complexity


class Convolution(torch.nn.Conv2d):
    def forward(self, inputs, data_samples=None):
        return super().forward(inputs)


def test_complexity_counts_two_flops_a_multiply_add():
    model = Convolution(3, 8, 3, padding=1, bias=False)
    counts = complexity(model, (32, 32))
    assert counts['params'] == pytest.approx(8 * 27 / 1e6)
    assert counts['gflops'] == pytest.approx(2 * 8 * 27 * 32 * 32 / 1e9)
