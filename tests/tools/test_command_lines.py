"""The commands as a user runs them, from a folder that is not the project's."""
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

from erpose import zoo
from erpose.datasets.synthetic import generate

CONFIG = 'erpose-n_1xb16-30e_synthetic-320x320.py'
TRAIN = [
    'train_cfg.max_epochs=1', 'train_cfg.val_interval=1', 'train_dataloader.batch_size=2',
    'train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False',
]
FAST = [
    *TRAIN, 'val_dataloader.num_workers=0', 'val_dataloader.persistent_workers=False',
    'test_dataloader.num_workers=0', 'test_dataloader.persistent_workers=False',
]


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    for split in ('train', 'val'):
        generate(root / 'synthetic' / split, 4, seed=0, image_size=(128, 128),
                 persons=(1, 2))
    return root


def run(*command, cwd, **env):
    binaries = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    result = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True,
        env=dict(os.environ, PATH=binaries, PYTHONWARNINGS='ignore', **env))
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    return result.stdout + result.stderr


@pytest.mark.slow  # `mim train` is also in tests/test_own_data.py
@pytest.mark.parametrize('package, config', [
    pytest.param('mmpose', zoo.root() / 'configs' / 'erpose' / CONFIG, id='mmpose'),
    *(pytest.param('erpose', CONFIG.replace('erpose', name), id=name)
      for name in ('erpose', 'posedet', 'smpr')),
])
def test_mim_train_and_test(package, config, data, tmp_path):
    options = ['--work-dir', tmp_path / 'out', '--cfg-options', *FAST]
    run('mim', 'train', package, config, *options, cwd=tmp_path, ERPOSE_DATA=str(data))
    checkpoint = tmp_path / 'out' / 'epoch_1.pth'
    assert checkpoint.exists()
    log = run('mim', 'test', package, config, '-C', checkpoint, *options, cwd=tmp_path,
              ERPOSE_DATA=str(data))
    assert 'coco/AP:' in log and 'coco/duplicate rate:' in log


@pytest.mark.slow
@pytest.mark.parametrize('path', sorted((zoo.root() / 'tools').glob('*.py')),
                         ids=lambda path: path.stem)
def test_every_tool_starts(path, tmp_path):
    """In a process of its own, with nothing imported before."""
    run(sys.executable, path, '--help', cwd=tmp_path)


def test_missing_data_root_is_reported_at_once(tool):
    with pytest.raises(SystemExit, match='nowhere: no such folder'):
        tool('train.py', 'x.py', '--data-root', 'nowhere')


def test_fewer_images_than_a_batch_are_said(data, tool, monkeypatch):
    monkeypatch.setenv('ERPOSE_DATA', str(data))
    monkeypatch.setattr('erpose.engine.console.show_essentials', lambda: None)
    with pytest.raises(SystemExit, match='fewer images than one batch .* lower the batch'):
        tool('train.py', zoo.config(CONFIG), '--work-dir', 'out', '--cfg-options', *FAST,
             'train_dataloader.batch_size=5', 'train_dataloader.drop_last=True')


def test_predict_evaluate_and_diagnose(fixed_file, tmp_path, tool):
    generate(tmp_path / 'crowd', 1, seed=0, image_size=(128, 128), persons=(1, 2))
    said = run('erpose', 'predict', fixed_file, 'crowd/images', '--threads', 1, '--score',
               0, '--json', 'people.json', cwd=tmp_path)
    assert '160x128, 17 keypoints' in said and 'written: erpose_output' in said

    files = 'crowd/annotations.json', 'people.json'
    said = tool('evaluate.py', *files)
    assert '| people.json ' in said and ' AP ' in said
    said = tool('diagnose.py', *files, '--images', 'crowd/images', '--sheet', 'worst.jpg')
    assert '| without jitter ' in said and (tmp_path / 'worst.jpg').exists()


def test_benchmark_profiles_files(fixed_file, tmp_path, tool):
    generate(tmp_path / 'crowd', 1, seed=0, image_size=(128, 128), persons=(1, 2))
    said = tool('benchmark.py', 'crowd/images', '--onnx', fixed_file, '--rounds', 1,
                '--profile')
    assert f'{fixed_file}: ' in said and '| Conv ' in said


def test_benchmark_takes_pytorch_models(shipped, tmp_path, tool):
    generate(tmp_path / 'crowd', 1, seed=0, image_size=(128, 128), persons=(1, 2))
    yolo = zoo.root() / 'configs/yolo_pose/yolo_pose-n_8xb32-300e_coco-640x640.py'
    random = tmp_path / 'random.pth'
    model = MODELS.build(Config.fromfile(yolo).model)
    torch.save(dict(state_dict=model.state_dict()), random)
    said = tool('benchmark.py', 'crowd/images', '--torch', shipped['Config'],
                shipped['Weights'], '--torch', yolo, random, '--rounds', 1, '--json',
                'speed.json')
    assert said.count(', PyTorch ') == 2 and (tmp_path / 'speed.json').exists()


def test_publish_strips_a_checkpoint(tmp_path, tool):
    source, target = tmp_path / 'a.pth', tmp_path / 'b.pth'
    torch.save(dict(state_dict=dict(w=torch.ones(1)), optimizer={}, meta={}), source)
    assert 'MiB' in tool('publish.py', source, target, '--origin', 'nothing')
    assert torch.load(target, weights_only=True)['meta']['origin'] == 'nothing'


def test_complexity_counts_the_deployed_model(tool):
    config = zoo.root() / 'configs' / 'erpose' / CONFIG
    said = tool('complexity.py', config, '--size', 64)
    model = MODELS.build(Config.fromfile(config).model)
    model.switch_to_deploy()
    params = sum(p.numel() for p in model.parameters()) / 1e6
    assert f'| {config.stem} | {params:.2f} |' in ' '.join(said.split())


def test_demo_writes_where_it_says(tmp_path):
    out = run(sys.executable, zoo.root() / 'tools' / 'demo.py', '--num', 1, '--out', 'here',
              cwd=tmp_path)
    drawn = sorted(p.name for p in (tmp_path / 'here' / 'visualizations').iterdir())
    assert drawn == ['000001.jpg', 'grace_hopper.jpg']
    assert all(f'{name}: ' in out for name in drawn)
