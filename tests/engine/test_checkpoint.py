"""Stripped checkpoints."""
import subprocess
import sys

import numpy as np
import torch

from erpose.engine.checkpoint import plain, strip_checkpoint


def test_only_weights_and_metadata_remain_and_load_without_erpose(tmp_path):
    source, target = tmp_path / 'epoch_1.pth', tmp_path / 'out' / 'model.pth'
    weight = torch.arange(6.0).reshape(2, 3)
    torch.save(dict(
        state_dict=dict(weight=weight),
        ema_state_dict=dict(weight=weight + 1),
        optimizer=dict(state={0: dict(step=1)}),
        message_hub=dict(log_scalars={}),
        meta=dict(epoch=3, cfg='secret path', dataset_meta=dict(
            dataset_name='coco', sigmas=np.array([0.1]), ids={1: np.int64(2)}))), source)
    strip_checkpoint(str(source), str(target), origin='here')
    code = ('import sys, torch; c = torch.load(sys.argv[1], weights_only=True); '
            'print(sorted(c), c["meta"], c["state_dict"]["weight"].sum().item())')
    out = subprocess.run([sys.executable, '-c', code, str(target)], capture_output=True,
                         text=True, check=True).stdout
    assert out.strip() == (
        "['meta', 'state_dict'] {'dataset_meta': {'dataset_name': 'coco', 'sigmas': "
        "[0.1], 'ids': {1: 2}}, 'epoch': 3, 'origin': 'here'} 15.0")


def test_plain_keeps_python_values():
    value = dict(a=(1, np.float32(0.5)), b='x', c=None)
    assert plain(value) == dict(a=[1, 0.5], b='x', c=None)
