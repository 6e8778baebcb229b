"""Stripped checkpoints."""
import subprocess
import sys

import numpy as np
import pytest
import torch

from erpose.engine.checkpoint import pack_checkpoint, plain, strip_checkpoint


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


def test_a_packed_training_goes_on(tmp_path):
    """It continues at the same loss and improves, from a file of a fraction of the size."""
    def start():
        torch.manual_seed(0)
        model = torch.nn.Linear(64, 64)
        return model, torch.optim.AdamW(model.parameters(), 1e-2)

    def steps(model, optimizer, count):
        losses = []
        for _ in range(count):
            losses.append((model(torch.eye(64)) - 1).square().mean())
            optimizer.zero_grad()
            losses[-1].backward()
            optimizer.step()
        return losses[0].item(), losses[-1].item()

    model, optimizer = start()
    steps(model, optimizer, 50)
    whole, packed = tmp_path / 'whole.pth', tmp_path / 'packed.pth'
    weights = model.state_dict()
    torch.save(dict(
        state_dict=weights, optimizer=optimizer.state_dict(), meta=dict(epoch=1),
        ema_state_dict={f'module.{k}': v for k, v in weights.items()},
        message_hub=dict(log_scalars=dict(loss=[1.0] * 1000))), whole)
    pack_checkpoint(str(whole), str(packed))
    assert packed.stat().st_size < 0.7 * whole.stat().st_size
    resumed, other = start()
    content = torch.load(packed, weights_only=True)
    assert content['message_hub']['log_scalars'] == {} and content['meta']['epoch'] == 1
    resumed.load_state_dict(content['state_dict'])
    other.load_state_dict(content['optimizer'])
    (first, last), (expected, _) = steps(resumed, other, 20), steps(model, optimizer, 20)
    assert first == pytest.approx(expected, rel=0.01) and last < 0.5 * first


def test_a_published_checkpoint_is_not_packed(tmp_path):
    torch.save(dict(state_dict=dict(weight=torch.zeros(1))), tmp_path / 'weights.pth')
    with pytest.raises(ValueError, match='has no "optimizer"'):
        pack_checkpoint(str(tmp_path / 'weights.pth'), str(tmp_path / 'packed.pth'))
