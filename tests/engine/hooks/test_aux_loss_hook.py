"""YOLO-Pose's auxiliary loss starts with ER-Pose's last epochs, resumed or not."""
from types import SimpleNamespace

import pytest
from mmengine.config import Config
from mmpose.registry import HOOKS

from erpose import zoo

CONFIGS = sorted((zoo.root() / 'configs/yolo_pose').glob('*.py'))


@pytest.mark.parametrize('epochs', [range(12), range(9, 12), range(11, 12)], ids=str)
def test_on_from_the_epoch_given(epochs):
    runner = SimpleNamespace(model=SimpleNamespace(head=SimpleNamespace()))
    hook = HOOKS.build(dict(type='AuxLossHook', switch_epoch=9))
    for runner.epoch in epochs:
        hook.before_train_epoch(runner)
        assert runner.model.head.use_aux_loss == (runner.epoch >= 9)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_closes_with_er_pose(path):
    def closing(file):
        return [hook.switch_epoch for hook in Config.fromfile(file).custom_hooks
                if hook.type == 'mmdet.PipelineSwitchHook']

    own = closing(path)
    assert own == closing(str(path).replace('yolo_pose', 'erpose'))
    hooks = {hook.type: hook for hook in Config.fromfile(path).custom_hooks}
    assert all(epoch == hooks['AuxLossHook'].switch_epoch for epoch in own)
