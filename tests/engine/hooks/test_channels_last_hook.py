"""Memory layout of the convolutions."""
from types import SimpleNamespace

import torch
from torch import nn

from erpose.engine import ChannelsLastHook


def test_weights_change_their_layout_not_their_values():
    conv = nn.Conv2d(4, 8, 3)
    before = conv.weight.clone()
    ChannelsLastHook().before_run(SimpleNamespace(model=conv))
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert not conv.weight.is_contiguous()
    assert torch.equal(conv.weight, before)
