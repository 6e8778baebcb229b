import json
from pathlib import Path

import pytest
from mmengine.config import Config

from erpose import zoo
from erpose.datasets.synthetic import generate
from erpose.engine.dry_run import dry_run, forecast

CONFIG = zoo.root() / 'configs/erpose/erpose-n_1xb16-30e_synthetic-320x320.py'


@pytest.fixture
def config(tmp_path, monkeypatch):
    for split, count in (('train', 8), ('val', 3)):
        generate(tmp_path / 'synthetic' / split, count, seed=0, image_size=(96, 96),
                 persons=(1, 2))
    monkeypatch.setenv('ERPOSE_DATA', str(tmp_path))
    config = Config.fromfile(CONFIG)
    for loader in (config.train_dataloader, config.val_dataloader):
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
    return config


def test_sees_what_training_needs(config, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    before = config.pretty_text
    said = []
    seen = dry_run(config, steps=3, say=said.append)
    assert said[:2] == ['building the model', 'reading the data sets'] and len(said) == 7
    assert config.pretty_text == before and not (tmp_path / 'work_dirs').exists()
    assert (seen['train_images'], seen['val_images'], seen['batch_size']) == (8, 3, 2)
    assert 0 <= seen['data'] < seen['step'] < 60
    assert 0 < seen['assign'] < seen['step'] and 0.1 < seen['memory'] < 50


def test_missing_images_are_reported(config):
    config.train_dataloader.dataset.data_prefix.img = 'nowhere/'
    with pytest.raises(FileNotFoundError, match='images of .* exists'):
        dry_run(config, steps=3)


def change_annotations(config, change):
    path = Path(config.data_root) / 'synthetic/train/annotations.json'
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_annotations_are_reported(config, capfd):
    def change(content):
        content['annotations'][0].pop('area')
        last = content['annotations'][-1]['image_id']
        content['annotations'] = [
            a for a in content['annotations'] if a['image_id'] != last]

    change_annotations(config, change)
    seen = dry_run(config, steps=3)
    text = '\n'.join(forecast(config, seen))
    assert 'derived area from the keypoints for 1 of' in text
    assert '1 of 8 images have no annotation and are not used' in text

    change_annotations(config, lambda c: c['annotations'][0].update(area=1e9))
    assert not dry_run(config, steps=3)['annotations']  # a warning: the log has it
    said = ''.join(capfd.readouterr())
    assert '1 areas are larger than their box' in said


@pytest.mark.parametrize('change, message', [
    (lambda c: [a.pop('keypoints') for a in c['annotations']], 'has a labelled keypoint'),
    (lambda c: [i.update(width=48, height=48) for i in c['images']], 'is 96x96 but 48x48'),
], ids=['nothing labelled', 'other sizes'])
def test_annotations_that_cannot_be_trained_on(config, change, message):
    change_annotations(config, change)
    with pytest.raises(ValueError, match=message):
        dry_run(config, steps=3)


def test_forecast():
    config = Config(dict(
        train_dataloader=dict(), train_cfg=dict(max_epochs=10),
        auto_scale_lr=dict(base_batch_size=256),
        optim_wrapper=dict(optimizer=dict(lr=0.004))))
    seen = dict(train_images=1000, val_images=10, batch_size=32, step=2.0, data=0.5,
                assign=0.1, memory=3.0, device='CPU')
    text = '\n'.join(forecast(config, seen, gpus=4))
    assert '8 steps of 4 x 32 images, 0:00:16' in text
    assert '10 epochs, 0:02:40' in text and '0.10 s (5.0%) assigning people' in text
    assert '--auto-scale-lr scales it to 0.002' in text
    assert 'learning rate' not in '\n'.join(forecast(config, seen, gpus=8))
    config.train_dataloader.drop_last = True
    assert '7 steps of 4 x 32 images' in '\n'.join(forecast(config, seen, gpus=4))


def test_too_few_steps():
    with pytest.raises(ValueError, match='steps must be at least 3, got 2'):
        dry_run(Config(), steps=2)
