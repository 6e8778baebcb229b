"""Checkpoints with another number of keypoints, wherever one is loaded."""
import logging
from types import SimpleNamespace

import pytest
import torch
from mmengine.runner import BaseLoop
from torch import nn

from erpose.engine import CheckpointFitHook
from erpose.engine.hooks.checkpoint_fit_hook import CheckpointMismatchError


class Loop(BaseLoop):

    def __init__(self):
        pass

    def run(self):
        pass


def model(keypoints, width=4):
    head = nn.Module()
    head.num_keypoints = keypoints
    head.pose_branch = nn.Module()
    head.pose_branch.outputs = nn.ModuleList([nn.Conv2d(width, 3 * keypoints, 1)])
    whole = nn.Module()
    whole.head, whole.stem = head, nn.Conv2d(3, width, 1)
    return whole


def checkpoint(keypoints, prefix='', meta=True, width=4):
    weights = {prefix + k: v for k, v in model(keypoints, width).state_dict().items()}
    return dict(state_dict=weights,
                meta=dict(dataset_meta=dict(num_keypoints=keypoints)) if meta else {})


def load(ours, theirs, resume=False, train=True):
    if resume:
        theirs = {'meta': {}, 'message_hub': {}, 'optimizer': {}, **theirs}
    runner = SimpleNamespace(model=ours, _resume=resume, logger=logging.getLogger(),
                             _train_loop=Loop() if train else dict())
    CheckpointFitHook().after_load_checkpoint(runner, theirs)


@pytest.mark.parametrize('prefix', ['', 'module.'])
@pytest.mark.parametrize('meta', [True, False], ids=['by metadata', 'by shape'])
@pytest.mark.parametrize('ours, theirs', [(5, 17), (17, 5), (1, 2)])
def test_fine_tuning_keeps_what_depends_on_k_in_one_line(ours, theirs, meta, prefix,
                                                         caplog):
    mine, other = model(ours), checkpoint(theirs, prefix, meta)
    stem = other['state_dict'][f'{prefix}stem.weight'].clone()
    with caplog.at_level(logging.INFO):
        load(mine, other)
    assert caplog.messages == [
        f'pose branch re-initialised: {ours} keypoints, the checkpoint has {theirs}']
    weights = {k.removeprefix('module.'): v for k, v in other['state_dict'].items()}
    initial = mine.head.pose_branch.outputs[0].weight.clone()
    mine.load_state_dict(weights)  # strict: nothing is missing, nothing differs in shape
    torch.testing.assert_close(mine.head.pose_branch.outputs[0].weight, initial)
    torch.testing.assert_close(mine.stem.weight, stem)


@pytest.mark.parametrize('case, said', [
    (dict(ours=model(5), theirs=checkpoint(17), resume=True),
     'has 17 keypoints, the config 5. --resume needs the same model'),
    (dict(ours=model(5), theirs=checkpoint(17), train=False),
     'has 17 keypoints, the config 5. Test it with its own config'),
    (dict(ours=model(5), theirs=checkpoint(5, width=8), resume=True),
     r"weights of the checkpoint have other shapes than in the config's model, first head"),
], ids=['resume', 'test', 'resume, another width'])
def test_the_other_model_is_refused_in_one_line(case, said):
    with pytest.raises(CheckpointMismatchError, match=said) as error:
        load(**case)
    assert '\n' not in str(error.value)


@pytest.mark.parametrize('missing', ['meta', 'message_hub', 'optimizer'])
def test_weights_without_training_state_are_not_resumed(missing):
    theirs = dict(checkpoint(5), message_hub={}, optimizer={})
    del theirs[missing]
    runner = SimpleNamespace(model=model(5), _resume=True, _load_from='best.pth')
    with pytest.raises(CheckpointMismatchError, match='best.pth has no training state'):
        CheckpointFitHook().after_load_checkpoint(runner, theirs)


@pytest.mark.parametrize('resume', [True, False])
@pytest.mark.parametrize('theirs', [
    checkpoint(5), dict(state_dict={'stem.weight': torch.ones(4, 3, 1, 1)}), {},
], ids=['same', 'stem alone', 'no weights'])
def test_what_fits_is_left_alone(theirs, resume, caplog):
    before = {k: v.clone() for k, v in theirs.get('state_dict', {}).items()}
    with caplog.at_level(logging.INFO):
        load(model(5), theirs, resume)
    assert not caplog.messages
    torch.testing.assert_close(theirs.get('state_dict', {}), before)


def test_another_width_is_left_to_mmengine(caplog):
    load(model(5), checkpoint(5, width=8))
    assert not caplog.messages
