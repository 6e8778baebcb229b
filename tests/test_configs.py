"""Every config builds, and trains a step and predicts (`make test`: those of
REPRESENTATIVE), on generated crowds."""
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.runner import load_checkpoint
from mmpose.registry import DATASETS, MODELS

from erpose import zoo
from erpose.datasets.synthetic import generate

CONFIGS = sorted((zoo.root() / 'configs').glob('[!_]*/*.py'))
PRETRAINED = [path for path in CONFIGS if path.stem.endswith('_pretrained')]
FINETUNED = [path for path in CONFIGS if path.stem.endswith('_finetuned')]
SIDE = 96  # pixels: the sizes of the configs would take minutes
# Every system, backbone, size, data set, initialisation and number of keypoints.
# Of the others `make test-all` trains a step.
REPRESENTATIVE = (
    'erpose-n_1xb16-30e_synthetic-320x320', 'erpose-t_8xb32-300e_coco-640x640',
    'erpose-s_8xb32-300e_crowdpose-640x640', 'erpose-m_8xb32-300e_coco-640x640',
    'erpose-l_8xb32-300e_crowdpose-640x640', 'erpose-n_2xb16-160e_photographs-256x256',
    'erpose-n_1xb256-160e_photographs-256x256_in-memory',
    'erpose-n_2xb8-12e_photographs-416x416_falling',
    'erpose-n_2xb8-5e_photographs14-416x416_finetuned',
    'yolo_pose-n_2xb8-12e_photographs-416x416_falling',
    'yolo_pose-s_8xb32-300e_crowdpose-640x640',
    'posedet-n_8xb32-300e_crowdpose-640x640', 'posedet_hrnet-w32_8xb6-210e_coco-512x512',
    'smpr-n_8xb32-300e_coco-640x640', 'smpr_r50-pafpn_4xb8-30e_coco-800x800')


@pytest.fixture(scope='module')
def crowds(tmp_path_factory):
    """Folders of generated crowds by data set."""
    root = tmp_path_factory.mktemp('crowds')
    for name in ('coco', 'crowdpose'):
        generate(root / name, 4, seed=0, image_size=(SIDE, SIDE), persons=(2, 3),
                 metainfo=dict(from_file=f'configs/_base_/datasets/{name}.py'))
    return root


def shrink(node):
    """Sets every input size of a plain config to SIDE."""
    if isinstance(node, dict):
        return {key: (SIDE, SIDE) if key in ('img_scale', 'input_size') else shrink(value)
                for key, value in node.items()}
    return [shrink(value) for value in node] if isinstance(node, list) else node


def redirect(dataset, crowds):
    """Points a data set config to generated crowds."""
    for part in dataset.get('datasets', [dataset]):
        name = 'crowdpose' if 'crowdpose' in str(part.metainfo) else 'coco'
        part.update(data_root='', ann_file=str(crowds / name / 'annotations.json'),
                    data_prefix=dict(img=str(crowds / name / 'images')))
    return DATASETS.build(dataset)


def load(path):
    """Loads the config, small and without initial weights (no network in tests)."""
    config = Config(shrink(Config.fromfile(path).to_dict()))
    for part in ('backbone', 'neck'):
        config.model[part].pop('init_cfg', None)
    return config


def training_sets(config, crowds):
    """The training set with the first pipeline, then with that of the last epochs."""
    train = config.train_dataloader.dataset
    if train.type == 'InMemoryBatches':  # augments by itself: tests/datasets/in_memory
        train = dict(train.dataset, pipeline=config.train_pipeline)
    train = Config(dict(dataset=train)).dataset
    for pipeline in (train.pipeline, config.closing_pipeline):
        train.pipeline = pipeline
        yield redirect(train, crowds)


def test_there_are_configs():
    assert len(CONFIGS) > 20
    assert set(REPRESENTATIVE) < {path.stem for path in CONFIGS}


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_config_builds(path, crowds, monkeypatch):
    """Backbone, neck and head fit together, and the pipelines fit their data sets."""
    monkeypatch.setattr(torch.nn.Conv2d, 'reset_parameters', lambda self: None)
    config = load(path)
    model = MODELS.build(config.model)  # of shapes alone: random weights take long
    model.eval()
    with torch.no_grad():
        maps = model.head(model.extract_feat(torch.zeros(1, 3, SIDE, SIDE)))
    assert {len(level) for level in maps[0]} == {1}
    data = redirect(config.val_dataloader.dataset, crowds)
    assert model.head.num_keypoints == data.metainfo['num_keypoints']
    for part in (data, *training_sets(config, crowds)):
        assert part[0]['inputs'].shape == (3, SIDE, SIDE)


@pytest.mark.parametrize('path', [
    pytest.param(path, id=path.stem,
                 marks=[] if path.stem in REPRESENTATIVE else pytest.mark.slow)
    for path in CONFIGS])
def test_config_trains_a_step_and_predicts(path, crowds):
    config = load(path)
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    for data in training_sets(config, crowds):
        batch = model.data_preprocessor(pseudo_collate([data[0], data[1]]), training=True)
        assert batch['inputs'].shape == (2, 3, SIDE, SIDE)
        loss, _ = model.parse_losses(model(**batch, mode='loss'))
        loss.backward()
        assert torch.isfinite(loss)
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())

    model.eval()
    data = redirect(config.val_dataloader.dataset, crowds)
    with torch.no_grad():
        results = model.val_step(pseudo_collate([data[0], data[1]]))
    num_keypoints = data.metainfo['num_keypoints']
    for result in results:
        poses = result.pred_instances
        assert poses.keypoints.shape[1:] == (num_keypoints, 2)
        assert poses.keypoint_scores.shape == poses.keypoints.shape[:2]
        assert len(poses.bboxes) == len(poses.bbox_scores) == len(poses.keypoints)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_schedule_is_as_long_as_the_name_says(path):
    config = Config.fromfile(path)
    epochs = int(re.search(r'-(\d+)e_', path.stem)[1])
    assert config.train_cfg.max_epochs == epochs
    closing = epochs - config.get('num_last_epochs', 0)
    switches = [hook.switch_epoch for hook in config.custom_hooks if 'switch_epoch' in hook]
    if closing < epochs:  # the aux loss alone may be switched on without closing epochs
        assert set(switches) == {closing}
    warm_up, *decays = config.param_scheduler
    decay = decays[0] if decays else None
    if decay is None:  # a constant phase
        assert not warm_up.by_epoch
    elif decay.type == 'PolyLR':
        assert (decay.begin, decay.end) == (0, epochs)
    elif 'milestones' in decay:
        assert max(decay.milestones) < epochs
    else:
        assert decay.end in (epochs, closing)
        assert decay.end - decay.begin == decay.T_max
        assert not warm_up.by_epoch or warm_up.end == decay.begin
    validated_each_epoch = [begin for begin, _ in config.train_cfg.get(
        'dynamic_intervals', [])]
    assert set(validated_each_epoch) <= {epochs, closing}


@pytest.mark.parametrize('path', PRETRAINED, ids=lambda p: p.stem)
def test_pretrained_differs_in_the_initialisation_alone(path):
    """Except that a short schedule may freeze or slow the initialised parts."""
    config = Config.fromfile(path).to_dict()
    for part, prefix in (('backbone', 'backbone.'), ('neck', 'neck.')):
        assert config['model'][part].pop('init_cfg') == dict(
            type='Pretrained', checkpoint=config['checkpoint'], prefix=prefix)
    for name in ('checkpoint', 'initialised', 'slow_backbone'):  # variables of the base
        config.pop(name, None)
    config['model']['backbone'].pop('frozen_stages', None)
    slow = config['optim_wrapper']['paramwise_cfg'].pop('custom_keys', {})
    assert set(slow) <= {'backbone'}
    scratch = Config.fromfile(path.with_name(path.name.replace('_pretrained', '')))
    assert config == scratch.to_dict()


@pytest.mark.parametrize('path', FINETUNED, ids=lambda p: p.stem)
def test_finetuned_starts_from_all_weights_of_a_shipped_checkpoint(path):
    """Except for the last layers, whose keypoints differ."""
    config = Config.fromfile(path)
    model = MODELS.build(config.model)
    load_checkpoint(model, config.load_from)
    start = zoo.checkpoint(config.load_from)
    assert Path(start).resolve().parent == (zoo.root() / 'checkpoints').resolve()
    shipped = torch.load(start, map_location='cpu', weights_only=True)['state_dict']
    for name, weight in model.state_dict().items():
        assert '.outputs.' in name or torch.equal(weight, shipped[name]), name
    assert 'PosePriorHook' in [hook.type for hook in config.custom_hooks]


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_annotations_have_the_keypoints_of_their_metainfo(path):
    config = Config.fromfile(path)
    train = config.train_dataloader.dataset
    train = train.get('dataset', train)
    for part in (*train.get('datasets', [train]), config.val_dataloader.dataset,
                 config.test_dataloader.dataset):
        assert ('crowdpose' in part.ann_file) == ('crowdpose' in str(part.metainfo))


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_size_configs_are_short(path):
    code = [line for line in path.read_text().splitlines()
            if line.strip() and not line.startswith('#')]
    # what starts from another config of the folder overrides only what differs
    assert "_base_ = './" not in code[0] or len(code) <= 15
