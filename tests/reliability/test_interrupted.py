"""Trainings that are killed, run out of disk or diverge. ``make faults`` kills more."""
import builtins
import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS, HOOKS, MODELS
from mmpose.structures import PoseDataSample

from erpose import zoo
from erpose.datasets.synthetic import generate
from erpose.engine.hooks.safe_checkpoint_hook import AtomicBackend

CONFIG = zoo.root() / 'configs/erpose/erpose-n_1xb16-30e_synthetic-320x320.py'
OPTIONS = [
    'train_cfg.max_epochs=4', 'train_cfg.val_interval=1', 'custom_hooks.2.switch_epoch=2',
    'train_dataloader.batch_size=2', 'train_dataloader.num_workers=1',
    'val_dataloader.num_workers=0', 'val_dataloader.persistent_workers=False',
]


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    for split in ('train', 'val'):
        generate(root / 'synthetic' / split, 8, seed=0, image_size=(128, 128),
                 persons=(1, 2))
    return root


def start(work_dir: Path, data: Path, *options, limit=None):
    """A training as a user starts or resumes it, the leader of a group of its own."""
    if not (work_dir / 'last_checkpoint').exists():
        options += ('randomness.seed=0', )  # a resumed training has the checkpoint's

    def prepare():
        os.setsid()
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, str(zoo.root() / 'tools/train.py'), str(CONFIG), '--resume',
         '--work-dir', str(work_dir), '--data-root', str(data), '--cfg-options', *OPTIONS,
         *options],
        env=dict(os.environ, OMP_NUM_THREADS='1'), preexec_fn=prepare,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def checkpoints(folder: Path) -> dict:
    """Loads all checkpoints; each must load."""
    return {path.name: torch.load(path, weights_only=True)
            for path in sorted(folder.glob('*.pth'))}


def equal(first, second) -> bool:
    """Compares bit by bit, at any depth."""
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(
            equal(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(equal, first, second))
    return first == second


@pytest.fixture(scope='module')
def undisturbed(data, tmp_path_factory):
    """The folder of an uninterrupted training, and its seconds."""
    folder = tmp_path_factory.mktemp('whole')
    began = time.monotonic()
    assert start(folder, data).wait() == 0
    return folder, time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize('kills', [1, 10])
def test_killed_at_random_moments(kills, data, undisturbed, tmp_path):
    folder, whole = undisturbed
    expected = checkpoints(folder)
    assert not equal(*(expected[f'epoch_{i}.pth']['state_dict'] for i in (3, 4)))

    dice, moments, trainings = random.Random(kills), [], 1
    while True:
        folder = tmp_path / str(trainings)
        process = start(folder, data)
        # the first after a checkpoint: a training that starts anew resumes nothing
        share = dice.uniform(0.3 if moments else 0.5, 0.9)
        moment = share * whole if len(moments) < kills else None
        try:
            error = process.communicate(timeout=moment)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            moments.append(moment)
            checkpoints(folder)
            continue
        assert process.returncode == 0, error[-3000:]
        found = checkpoints(folder)
        for part in ('state_dict', 'ema_state_dict', 'optimizer'):
            assert equal(expected['epoch_4.pth'][part], found['epoch_4.pth'][part])
        assert any(name.startswith('best_coco_AP') for name in found)
        if len(moments) == kills:
            break
        trainings += 1
    print(f'\nkilled {kills} times, after {", ".join(f"{m:.1f}" for m in moments)} s of '
          f'{whole:.1f} s, in {trainings} trainings: weights and optimizer bit-identical, '
          'no checkpoint lost')


@pytest.mark.slow
def test_full_disk_leaves_the_last_checkpoint(data, undisturbed, tmp_path):
    """Limits the size of files to half of a checkpoint."""
    shutil.copy(undisturbed[0] / 'epoch_3.pth', tmp_path)
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'epoch_3.pth'))
    before = (tmp_path / 'epoch_3.pth').read_bytes()
    process = start(tmp_path, data, limit=len(before) // 2)
    error = process.communicate()[1]
    assert process.returncode != 0
    assert 'epoch_4.pth' in error and 'cannot be written' in error
    assert 'free disk space and continue with --resume' in error
    assert (tmp_path / 'epoch_3.pth').read_bytes() == before
    assert not list(tmp_path.glob('.*.pth.*')) and not (tmp_path / 'epoch_4.pth').exists()
    assert (tmp_path / 'last_checkpoint').read_text().endswith('epoch_3.pth')


def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)


class Dying(io.FileIO):
    flush = die


@pytest.mark.parametrize('moment', ['flush', 'fsync', 'replace'])
def test_a_file_appears_whole_or_not_at_all(moment, tmp_path):
    """Killed while the bytes go to the disk, and before the file is renamed."""
    target = tmp_path / 'epoch_1.pth'
    AtomicBackend().put(b'old', target)
    process = os.fork()
    if not process:
        try:
            if moment == 'flush':
                builtins.open = Dying
            else:
                setattr(os, moment, die)
            AtomicBackend().put(b'new and longer', target)
        finally:
            os._exit(0)
    assert os.waitpid(process, 0)[1] == signal.SIGKILL
    assert target.read_bytes() == b'old'


class _Runner:
    """The parts of a runner that the hook uses."""

    def __init__(self, folder):
        from mmengine.logging import MessageHub, MMLogger
        self.work_dir = str(folder)
        self.logger = MMLogger.get_current_instance()
        self.message_hub = MessageHub(f'hub of {folder}')
        self.epoch = self.iter = 0
        self.max_epochs = 3

    def save_checkpoint(self, out_dir, filename, *args, backend_args=None, **kwargs):
        self.seen = sorted(path.name for path in Path(out_dir).glob('*.pth'))
        assert backend_args == dict(backend='atomic')
        AtomicBackend().put(str(self.epoch).encode(), Path(out_dir) / filename)


def test_what_is_replaced_goes_last(tmp_path):
    """While a checkpoint is written, its predecessor and the former best one exist."""
    hook = HOOKS.build(dict(type='SafeCheckpointHook', interval=1, max_keep_ckpts=1,
                            save_best='AP', rule='greater'))
    runner = _Runner(tmp_path)
    hook.before_run(runner)
    hook.before_train(runner)
    for epoch in range(3):
        runner.epoch = epoch
        hook.after_train_epoch(runner)
        assert epoch == 0 or f'epoch_{epoch}.pth' in runner.seen
        runner.epoch = epoch + 1
        hook.after_val_epoch(runner, dict(AP=0.1 * epoch))
        assert epoch == 0 or f'best_AP_epoch_{epoch}.pth' in runner.seen
    assert sorted(path.name for path in tmp_path.glob('*.pth')) == [
        'best_AP_epoch_3.pth', 'epoch_3.pth']


@pytest.mark.parametrize('pointer', ['', 'elsewhere/epoch_11.pth'])
def test_last_checkpoint_is_mended(pointer, tmp_path):
    for name in ('epoch_2.pth', 'epoch_10.pth', 'best_coco_AP_epoch_11.pth',
                 '.epoch_11.pth.x1'):
        (tmp_path / name).touch()
    (tmp_path / 'last_checkpoint').write_text(pointer)
    HOOKS.build(dict(type='SafeCheckpointHook')).before_run(_Runner(tmp_path))
    assert (tmp_path / 'last_checkpoint').read_text() == str(tmp_path / 'epoch_10.pth')
    assert not (tmp_path / '.epoch_11.pth.x1').exists()


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_loss_that_is_not_finite_names_its_images(value):
    hook = HOOKS.build(dict(type='FiniteLossHook'))
    batch = dict(data_samples=[
        PoseDataSample(metainfo=dict(img_id=i, img_path=f'{i}.jpg')) for i in (7, 9)])
    runner = _Runner('')
    good = dict(loss=torch.tensor(1.0), loss_pose=torch.tensor(2.0))
    hook.after_train_iter(runner, 4, batch, good)
    with pytest.raises(FloatingPointError) as error:
        hook.after_train_iter(runner, 4, batch, dict(good, loss_pose=torch.tensor(value)))
    text = str(error.value)
    assert f'loss_pose is {value} in epoch 1, iteration 5' in text
    assert '7 (7.jpg), 9 (9.jpg)' in text


@pytest.mark.parametrize('dtype', [
    pytest.param(torch.bfloat16, marks=pytest.mark.slow), torch.float16], ids=str)
@pytest.mark.parametrize('name', ['erpose', 'posedet', 'smpr'])
def test_mixed_precision_trains(name, dtype, data):
    """Half-precision layers, float32 losses: finite for 12 steps, and they fall."""
    config = Config.fromfile(zoo.root() / 'configs' / name / (
        f'{name}-n_1xb16-30e_synthetic-320x320.py'))
    torch.manual_seed(0)
    model = MODELS.build(config.model).train()
    model.init_weights()
    dataset = config.train_dataloader.dataset
    dataset.update(data_root='', ann_file=str(data / 'synthetic/train/annotations.json'),
                   data_prefix=dict(img=str(data / 'synthetic/train/images')))
    for transform in dataset.pipeline:
        if 'input_size' in transform:
            transform.input_size = (96, 96)
    batch = pseudo_collate([DATASETS.build(dataset)[i] for i in range(2)])
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    totals = []
    for _ in range(12):
        inputs = model.data_preprocessor(batch, training=True)
        with torch.autocast('cpu', dtype):
            loss, _ = model.parse_losses(model(**inputs, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 35)
        assert torch.isfinite(norm)
        optimizer.step()
        totals.append(loss.item())
    assert all(map(torch.isfinite, torch.tensor(totals)))
    assert sum(totals[-4:]) < sum(totals[:4])
