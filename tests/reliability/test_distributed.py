"""N processes give the results of one. Long form: `make distributed`."""
import erpose  # noqa: F401  # isort: skip  (also imported in processes of its own)
import contextlib
import json
import logging
import math
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist
from mmengine.config import Config
from mmengine.dist import all_reduce_dict, get_rank, get_world_size
from mmengine.hooks import EMAHook
from mmengine.model import MMDistributedDataParallel, convert_sync_batchnorm
from mmengine.structures import InstanceData
from mmpose.registry import HOOKS, MODEL_WRAPPERS, MODELS
from mmpose.structures import PoseDataSample
from processes import LIMIT, in_processes
from testing import run_test
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook

from erpose import zoo
from erpose.datasets.synthetic import generate
from erpose.engine import SyncStatisticsHook

SIDE, K = 64, 17
KINDS = ('erpose', 'posedet', 'smpr')
CONFIG = '{}-n_1xb16-30e_synthetic-320x320.py'
# Persons of each of the four images, and the root of their area in pixels. Large persons
# are found by the untrained network, within their tolerance; small ones are not.
CASES = dict(
    even=([2, 2, 2, 2], 200), uneven=([5, 1, 0, 1], 200), empty_rank=([0, 0, 3, 1], 200),
    scarce=([1, 0, 0, 0], 10), nobody=([0, 0, 0, 0], 200))
processes = pytest.mark.parametrize(
    'count', [2, pytest.param(4, marks=pytest.mark.slow)])


def build(kind):
    torch.manual_seed(0)
    config = Config.fromfile(zoo.root() / 'configs' / kind / CONFIG.format(kind))
    model = MODELS.build(config.model)
    model.init_weights()
    return model.train()


def batch(persons, size):
    """Four images and their people; each image depends only on its number."""
    inputs, samples = [], []
    for number, count in enumerate(persons):
        rng = torch.Generator().manual_seed(number)
        inputs.append(torch.randn(3, SIDE, SIDE, generator=rng))
        centre = SIDE * (0.2 + 0.6 * torch.rand(count, 1, 2, generator=rng))
        labels = InstanceData(
            keypoints=centre + 24 * torch.rand(count, K, 2, generator=rng) - 12,
            keypoints_visible=(torch.rand(count, K, generator=rng) < 0.8).float(),
            keypoints_visible_weights=torch.ones(count, K),
            areas=torch.full((count, ), float(size**2)), bboxes=torch.zeros(count, 4),
            labels=torch.zeros(count, dtype=torch.long))
        samples.append(PoseDataSample(metainfo=dict(input_size=(SIDE, SIDE)),
                                      gt_instance_labels=labels))
    return torch.stack(inputs), samples


def my_share(inputs, samples):
    each = len(samples) // get_world_size()
    mine = slice(each * get_rank(), each * (get_rank() + 1))
    return inputs[mine], samples[mine]


def losses_and_gradients():
    """Losses and gradients of every kind and case, averaged over the processes by DDP."""
    results = {}
    for kind in KINDS:
        model = build(kind)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()  # otherwise each process would normalise over its own images
        ddp = MMDistributedDataParallel(model) if get_world_size() > 1 else model
        for case, settings in CASES.items():
            losses = ddp(*my_share(*batch(*settings)), mode='loss')
            total, _ = model.parse_losses(losses)
            ddp.zero_grad()
            total.backward()
            losses = {k: v.detach() for k, v in losses.items() if 'loss' in k}
            all_reduce_dict(losses, 'mean')
            results[kind, case] = losses, {
                name: p.grad.clone() for name, p in model.named_parameters()}
    return results if get_rank() == 0 else None


@pytest.fixture(scope='module')
def one():
    return in_processes(losses_and_gradients, 1)[0]


@processes
def test_losses_and_gradients_are_those_of_one_process(count, one):
    many = in_processes(losses_and_gradients, count)[0]
    assert set(one) == set(many) == {(kind, case) for kind in KINDS for case in CASES}
    for (kind, case), (losses, gradients) in one.items():
        if case == 'even':
            assert all(loss > 0 for loss in losses.values()), 'else nothing is compared'
        assert set(many[kind, case][0]) == set(losses)
        for name, loss in losses.items():
            difference = abs(many[kind, case][0][name] - loss)
            assert difference <= 1e-6 * loss, f'{kind} {case} {name}'
        largest = max(g.abs().max() for g in gradients.values())
        for name, gradient in gradients.items():
            worst = (many[kind, case][1][name] - gradient).abs().max()
            own = gradient.abs().max() + 1e-6 * largest
            assert worst <= 1e-5 * own, f'{kind} {case} {name}'


def train_four_steps():
    """Model and EMA after four steps on different images, and after the epoch."""
    import mmpose.engine  # noqa: F401  (registers the average)
    model = build('erpose')
    ddp = MMDistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    ema = EMAHook('ExpMomentumEMA', momentum=0.0005, update_buffers=True)
    runner = SimpleNamespace(model=ddp, hooks=[ema, SyncStatisticsHook()], iter=0)
    ema.before_run(runner)

    def states():
        return {f'{owner} {name}': value.clone()
                for owner, module in (('model', model), ('EMA', ema.ema_model.module))
                for name, value in module.state_dict().items()}

    slow = None  # mmpose's formula, written out, in double precision
    for step in range(4):
        inputs, samples = my_share(*batch(*CASES['uneven']))
        total, _ = model.parse_losses(ddp(inputs * (step + 1), samples, mode='loss'))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        ema.after_train_iter(runner, step)
        now = {k: v.double() for k, v in model.state_dict().items()}
        rate = 0.0005 + 0.9995 * math.exp(-(1 + step) / 2000)
        slow = now if step == 0 else {k: (1 - rate) * slow[k] + rate * v
                                      for k, v in now.items()}
    before = states()
    runner.hooks[1].after_train_epoch(runner)
    return slow, before, states()


@processes
def test_ema_and_statistics_are_the_same_everywhere(count):
    results = in_processes(train_four_steps, count)
    for slow, before, _ in results:
        for name, value in slow.items():
            if before[f'EMA {name}'].is_floating_point():
                torch.testing.assert_close(before[f'EMA {name}'].double(), value,
                                           rtol=1e-5, atol=1e-6)
    _, before, after = results[0]
    for name in before:
        assert all(after[name].equal(other[2][name]) for other in results)
        mean = torch.stack([r[1][name].double() for r in results]).mean(0)
        torch.testing.assert_close(after[name].double(), mean, rtol=1e-5, atol=1e-6)
    unlike = [name for name in before if not before[name].equal(results[1][1][name])]
    assert {name.split()[0] for name in unlike} == {'model', 'EMA'}
    assert all('.running_' in name for name in unlike)  # and only these had to be averaged


@pytest.mark.parametrize('kind', KINDS)
def test_batch_norm_converts_to_sync_bn(kind):
    model = build(kind)
    norms = sum(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    names = set(model.state_dict())
    converted = convert_sync_batchnorm(model, 'torch')
    assert 0 < norms == sum(isinstance(m, nn.SyncBatchNorm) for m in converted.modules())
    assert not any(isinstance(m, nn.BatchNorm2d) for m in converted.modules())
    assert set(converted.state_dict()) == names


def train_three_frozen_steps(config, wrapper):
    """Whether each parameter of the backbone is unchanged, by name."""
    torch.manual_seed(0)
    config = Config.fromfile(config)
    config.model.backbone.update(init_cfg=None, frozen_stages=1)
    if config.model.get('neck'):
        config.model.neck.init_cfg = None
    model = MODELS.build(config.model)
    model.init_weights()
    before = {name: value.clone() for name, value in model.named_parameters()}
    wrapped = MODEL_WRAPPERS.build(
        dict(type=wrapper, module=model, broadcast_buffers=False))
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    for _ in range(3):
        wrapped.train()
        losses = wrapped(*my_share(*batch([2, 1, 2, 1], 60)), mode='loss')
        optimizer.zero_grad()
        model.parse_losses(losses)[0].backward()
        optimizer.step()
    return {name: torch.equal(value, before[name])
            for name, value in model.named_parameters() if name.startswith('backbone')}


@pytest.mark.parametrize('config', [
    'experiments/erpose-n_1xb8-12e_coco-mini-lsp-320x320_pretrained.py',
    pytest.param('experiments/yolo_pose-n_1xb8-12e_coco-mini-lsp-320x320_pretrained.py',
                 marks=pytest.mark.slow),
    pytest.param('smpr/smpr_r50_4xb8-30e_coco-800x800.py', marks=pytest.mark.slow),
], ids=lambda path: Path(path).stem)
def test_frozen_stages_train_in_two_processes(config):
    """CSPNeXt freezes in train(), ResNet when it is built."""
    stayed = in_processes(train_three_frozen_steps, 2, zoo.root() / 'configs' / config,
                          'FreezingDataParallel')
    assert stayed[0] == stayed[1]
    assert any(stayed[0].values()) and not all(stayed[0].values())


def communication(kind):
    """Parameters, bytes of each all-reduce of a step, and bytes that a step sends."""
    model = build(kind)
    ddp = MMDistributedDataParallel(model)
    sizes, all_reduce = [], dist.all_reduce

    def counting(tensor, *args, **kwargs):
        sizes.append(tensor.nbytes)
        return all_reduce(tensor, *args, **kwargs)

    ddp.register_comm_hook(None, allreduce_hook)  # DDP's own, but by dist.all_reduce
    dist.all_reduce = counting
    for step in range(12):
        if step == 2:  # DDP has formed its buckets anew
            dist.barrier()
            before = bytes_sent()
        sizes.clear()
        total, _ = model.parse_losses(
            ddp(*my_share(*batch(*CASES['uneven'])), mode='loss'))
        total.backward()
    dist.barrier()
    sent = bytes_sent() - before
    dist.barrier()  # a process that leaves closes the connections of the others
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return parameters, sizes, sent / 10


def bytes_sent():
    """Bytes that this process has sent by TCP, headers apart (counted by Linux)."""
    total = 0
    for link in Path('/proc/self/fd').iterdir():
        with contextlib.suppress(OSError):  # closed since, or no TCP socket
            if os.readlink(link).startswith('socket:'):
                with socket.socket(fileno=os.dup(int(link.name))) as connection:
                    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
                total += struct.unpack_from('Q', info, 120)[0]  # tcpi_bytes_acked
    return total


@pytest.mark.slow
@pytest.mark.parametrize('count', [2, 4])
@pytest.mark.parametrize('kind', KINDS)
def test_what_a_step_communicates(kind, count):
    results = in_processes(communication, count, kind)
    parameters, sizes, _ = results[0]
    wire = sum(sent for *_, sent in results)
    gradients = [size for size in sizes if size > 4]
    assert all(result[:2] == results[0][:2] for result in results)
    assert sum(gradients) == 4 * parameters
    ring = 2 * (count - 1) * sum(gradients)
    print(f'{kind}: {sum(gradients) / 1e6:.2f} MB, {count} processes: {wire / 1e6:.1f} MB')
    assert 0.95 < wire / ring < 1.05  # Gloo has headers


def write_metrics(folder):
    """The file of metrics that this process, in a log folder of its own, has written."""
    config = Config.fromfile(zoo.root() / 'configs/_base_/default_runtime.py')
    hook = HOOKS.build(config.default_hooks.logger)
    hook.json_log_path = 'metrics.json'
    folder = folder / str(get_rank())
    folder.mkdir()
    processor = SimpleNamespace(
        get_log_after_epoch=lambda *args, **kwargs: ({'time': 0.25}, ''))
    hook.after_test_epoch(SimpleNamespace(
        log_processor=processor, test_dataloader=[], log_dir=str(folder),
        logger=logging.getLogger('test')))
    return [(path.name, path.read_text()) for path in folder.iterdir()]


def test_one_process_writes_the_metrics(tmp_path):
    assert in_processes(write_metrics, 2, tmp_path) == [
        [('metrics.json', '{"time": 0.25}')], []]


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """Seven images, which neither 2 nor 4 divides."""
    root = tmp_path_factory.mktemp('data')
    for split in ('train', 'val'):
        generate(root / 'synthetic' / split, 7, seed=0, image_size=(256, 256),
                 persons=(0, 3))
    return root


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return str(probe.getsockname()[1])


def launch(tool, *args, count, data, cwd, nodes=1):
    """Runs a tool in ``count`` processes, all of them spread over as many launchers."""
    env = dict(os.environ, ERPOSE_DATA=str(data), OMP_NUM_THREADS='1',
               PYTHONWARNINGS='ignore')
    where, port, agents = ['--standalone'], free_port(), []
    for node in range(nodes):
        if nodes > 1:
            where = ['--nnodes', nodes, '--node_rank', node, '--master_addr', '127.0.0.1',
                     '--master_port', port]
        command = [sys.executable, '-m', 'torch.distributed.run', *where,
                   '--nproc_per_node', count // nodes, zoo.root() / 'tools' / tool,
                   *args, '--launcher', 'pytorch']
        agents.append(subprocess.Popen(list(map(str, command)), cwd=cwd, env=env, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
    said = [agent.communicate(timeout=LIMIT)[0] for agent in agents]
    assert all(agent.returncode == 0 for agent in agents), '\n'.join(said)[-4000:]


def metrics(work_dir):
    path, = work_dir.glob('*/*.json')
    content = json.loads(path.read_text())
    assert 'coco/duplicate rate' in content
    return {k: round(v, 4) for k, v in content.items() if k.startswith('coco/')}


WORKERS = 'num_workers=0', 'persistent_workers=False'
OPTIONS = ['--cfg-options', *(f'test_dataloader.{setting}'
                              for setting in ('batch_size=2', *WORKERS))]


def evaluate(count, data, path, shipped, *options, nodes=1):
    launch('test.py', zoo.root() / 'configs/erpose' / CONFIG.format('erpose'),
           zoo.root() / shipped['Weights'], '--work-dir', path / 'out', *OPTIONS, *options,
           count=count, data=data, cwd=path, nodes=nodes)
    return metrics(path / 'out')


@pytest.fixture(scope='module')
def metrics_of_one(data, tmp_path_factory, shipped):
    found = run_test('configs/erpose/' + CONFIG.format('erpose'),
                     zoo.root() / shipped['Weights'], data / 'synthetic/val',
                     tmp_path_factory.mktemp('one')).metrics
    assert 0.05 < found['coco/AP'] < 0.95
    return found


# Round up: repeated images make the shares equal, and must not count twice.
@pytest.mark.slow
@pytest.mark.parametrize('count, nodes, round_up', [
    (2, 1, True), (2, 1, False), (4, 1, False), (4, 1, True), (4, 2, False)])
def test_metrics_are_those_of_one_process(count, nodes, round_up, data, tmp_path, shipped,
                                          metrics_of_one):
    options = f'test_dataloader.sampler.round_up={round_up}',
    found = evaluate(count, data, tmp_path, shipped, *options, nodes=nodes)
    assert found == metrics_of_one


@pytest.mark.slow
def test_trained_on_two_nodes(data, tmp_path, shipped):
    """The metrics logged after an epoch equal those of one process on its checkpoint."""
    config = 'configs/erpose/' + CONFIG.format('erpose')
    launch('train.py', zoo.root() / config, '--work-dir', tmp_path / 'out',
           '--cfg-options', f'load_from={zoo.root() / shipped["Weights"]}',
           'train_cfg.max_epochs=1', 'train_cfg.val_interval=1',
           *(f'{split}_dataloader.{setting}' for split in ('train', 'val')
             for setting in ('batch_size=1', *WORKERS)),
           count=4, nodes=2, data=data, cwd=tmp_path)
    logged = (tmp_path / 'out').glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for path in logged for line in path.open()]
    logged, = [line for line in lines if 'coco/AP' in line]
    found = run_test(config, tmp_path / 'out/epoch_1.pth', data / 'synthetic/val',
                     tmp_path / 'test').metrics
    assert found['coco/AP'] > 0.02
    assert found == {name: round(logged[name], 4) for name in found}


@pytest.mark.slow
def test_slurm(data, tmp_path, shipped, metrics_of_one):
    """Started as by srun: Slurm's variables give the rank of each process."""
    port = free_port()
    command = [sys.executable, zoo.root() / 'tools/test.py', zoo.root()
               / 'configs/erpose' / CONFIG.format('erpose'), zoo.root()
               / shipped['Weights'], '--work-dir', tmp_path / 'out', *OPTIONS]
    tasks = [subprocess.Popen(
        [*map(str, command), '--launcher', 'slurm'], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=dict(os.environ, ERPOSE_DATA=str(data), MASTER_ADDR='127.0.0.1',
                 MASTER_PORT=port, SLURM_NTASKS='2', SLURM_PROCID=str(task),
                 SLURM_LOCALID=str(task), SLURM_NODELIST='here')) for task in range(2)]
    said = [task.communicate(timeout=LIMIT)[0] for task in tasks]
    assert not any(task.returncode for task in tasks), '\n'.join(said)[-4000:]
    assert metrics(tmp_path / 'out') == metrics_of_one
