"""Examples of docs/extend.md: each config builds, takes a training step and predicts."""
import importlib
import re
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmpose.registry import DATASETS, MODELS

from erpose.datasets.synthetic import generate

DOCUMENT = Path(__file__).parents[1] / 'docs' / 'extend.md'
BLOCKS = dict(re.findall(r'```python\n# (\w+\.py)\n(.*?)```', DOCUMENT.read_text(), re.S))
CONFIGS = {name: re.findall(r"'erpose', '(\w+)'", text)
           for name, text in BLOCKS.items() if '_base_' in text}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """The document's files and two generated pictures, as a reader would have them."""
    root = tmp_path_factory.mktemp('extend')
    for name, text in BLOCKS.items():
        (root / name).write_text(text)
    generate(root / 'crowd', 2, image_size=(128, 128), persons=(2, 3))
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    yield root
    sys.path.remove(str(root))


def classes(model) -> set:
    """Modules of all parts of a model, its assigner among them."""
    return {type(part).__module__ for part in [*model.modules(), model.head.assigner]}


def batch(dataset, root):
    """Both pictures, as the config's data set gives them."""
    dataset = DATASETS.build(dict(dataset, data_root=str(root), ann_file='annotations.json',
                                  data_prefix=dict(img='images/')))
    return pseudo_collate([dataset[0], dataset[1]])


def test_every_block_is_tried():
    modules = {module for names in CONFIGS.values() for module in names}
    assert len(CONFIGS) == 5 and len(modules) == 4
    assert {f'{module}.py' for module in modules} | set(CONFIGS) == set(BLOCKS)


@pytest.mark.parametrize('name', CONFIGS)
def test_a_training_step(name, folder):
    config = Config.fromfile(folder / name)
    torch.manual_seed(0)
    training, testing = (batch(loader.dataset, folder / 'crowd') for loader in (
        config.train_dataloader, config.val_dataloader))
    config.model.backbone.pop('init_cfg', None)  # no network here
    model = MODELS.build(config.model)
    model.init_weights()
    assert set(CONFIGS[name]) <= classes(model)

    before = {key: value.clone() for key, value in model.named_parameters()}
    optimizer = build_optim_wrapper(model, config.optim_wrapper)
    losses = model.train().train_step(training, optimizer)
    assert all(torch.isfinite(loss) for loss in losses.values()) and losses['loss'] > 0
    for part in ('backbone', 'head.score_branch', 'head.pose_branch'):
        assert any(not torch.equal(value, before[key])
                   for key, value in model.named_parameters() if key.startswith(part)), part

    model.eval().test_cfg.score_thr = 0.0
    results = model.val_step(testing)
    assert len(results) == 2
    assert all(result.pred_instances.keypoints.shape[1:] == (17, 2) for result in results)
    assert len(results[0].pred_instances.keypoints)


def test_the_logarithmic_tail_continues_the_loss(folder):
    loss = importlib.import_module('log_tail_loss').LogTailOKSLoss([0.026, 0.107])
    u = loss.start.repeat(3, 1) * torch.tensor([[0.999], [1.001], [10.0]])
    u.requires_grad_()
    value = loss.profile(u.square())
    slope, = torch.autograd.grad(value.sum(), u)
    torch.testing.assert_close(value[0], value[1], rtol=0, atol=5e-3)
    torch.testing.assert_close(slope[0], slope[1], rtol=0.02, atol=0)
    torch.testing.assert_close(slope[2], loss.slope / 10)
