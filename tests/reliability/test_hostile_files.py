"""Checkpoints and ONNX files from strangers: their code does not run, and the error names
file, cause and remedy."""
import functools
import http.server
import os
import pickle
import runpy
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader, Runner
from mmpose.apis import MMPoseInferencer, Pose2DInferencer
from networks_of_constants import network
from onnx import TensorProto, helper

from erpose import zoo
from erpose.cli import main
from erpose.datasets.synthetic import generate
from erpose.deploy import Predictor
from erpose.engine import deployed_model
from erpose.engine.checkpoint import strip_checkpoint
from erpose.weights import load_weights

SYNTHETIC = zoo.root() / 'configs/erpose/erpose-n_1xb16-30e_synthetic-320x320.py'


class Payload:

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.fixture
def victim(tmp_path):
    """The file that the payloads create if they run."""
    return tmp_path / 'victim'


PAYLOADS = {
    'os.system': lambda victim: Payload(os.system, f'touch {victim}'),
    'eval': lambda victim: Payload(eval, f'open({str(victim)!r}, "w")'),
    'exec': lambda victim: Payload(exec, f'open({str(victim)!r}, "w")'),
    'subprocess': lambda victim: Payload(subprocess.call, ['touch', str(victim)]),
    'runpy': lambda victim: Payload(runpy.run_path, str(victim)),
    'pickle in a pickle': lambda victim: Payload(
        pickle.loads, pickle.dumps(Payload(open, str(victim), 'w'))),
}


def poisoned(path, victim, shipped, kind='eval', place='meta', protocol=2):
    """The shipped checkpoint with a payload in it."""
    checkpoint = torch.load(shipped['Weights'], weights_only=True)
    payload = PAYLOADS[kind](victim)
    if place == 'state_dict':
        checkpoint['state_dict']['head.extra'] = payload
    elif place == 'itself':
        checkpoint = payload
    else:
        checkpoint.setdefault(place, {})['payload'] = payload
    torch.save(checkpoint, path, pickle_protocol=protocol)
    return str(path)


def refused(action, path, victim):
    """The action raises our error, and the payload does not run."""
    with pytest.raises(ValueError) as error:
        action()
    said = str(error.value)
    assert said.startswith(str(path)) and 'is refused: it contains more than' in said
    assert 'tools/publish.py' in said and 'weights_only' not in said  # no bad advice
    assert not victim.exists()


@pytest.mark.parametrize('kind', PAYLOADS)
@pytest.mark.parametrize('place', ['meta', 'state_dict', 'message_hub', 'itself'])
def test_payloads_are_refused(kind, place, tmp_path, victim, shipped):
    path = poisoned(tmp_path / 'evil.pth', victim, shipped, kind, place)
    refused(lambda: load_weights(path), path, victim)
    if kind in ('os.system', 'eval'):
        torch.load(path, weights_only=False)
        assert victim.exists()  # the payload is real


@pytest.fixture
def evil(tmp_path, victim, shipped):
    return poisoned(tmp_path / 'evil.pth', victim, shipped)


def test_strip_checkpoint(evil, victim, tmp_path):
    refused(lambda: strip_checkpoint(evil, str(tmp_path / 'out.pth')), evil, victim)
    assert not (tmp_path / 'out.pth').exists()


def test_deployed_model(evil, victim, shipped):
    refused(lambda: deployed_model(Config.fromfile(shipped['Config']), evil), evil, victim)


def test_inferencer(evil, victim, shipped):
    refused(lambda: MMPoseInferencer(shipped['Config'], evil), evil, victim)


def test_export_command(evil, victim, shipped, tmp_path, capsys):
    assert main(['export', shipped['Config'], evil, str(tmp_path / 'out.onnx')]) == 1
    said = capsys.readouterr().err
    assert f'erpose export: {evil} is refused' in said and not victim.exists()


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    for split in ('train', 'val'):
        generate(root / 'synthetic' / split, 2, seed=0, image_size=(64, 64),
                 persons=(1, 2))
    return root


def runner(data, tmp_path, monkeypatch, **options):
    monkeypatch.setenv('ERPOSE_DATA', str(data))
    config = Config.fromfile(SYNTHETIC)
    config.merge_from_dict(dict(work_dir=str(tmp_path / 'work'), **options))
    for part in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        config[part].update(num_workers=0, persistent_workers=False, batch_size=1)
    return Runner.from_cfg(config)


def test_runner_tests_trains_and_resumes_nothing_of_it(evil, victim, data, tmp_path,
                                                       monkeypatch):
    """MMEngine's runner, which tools/test.py and tools/train.py start."""
    refused(runner(data, tmp_path, monkeypatch, load_from=evil).test, evil, victim)
    refused(runner(data, tmp_path, monkeypatch, load_from=evil).train, evil, victim)
    refused(runner(data, tmp_path, monkeypatch, load_from=evil, resume=True).train, evil,
            victim)


@pytest.mark.slow
def test_command_tools_test(evil, victim, data, tmp_path):
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', str(zoo.root() / 'tools' / 'test.py'),
         str(SYNTHETIC), evil, '--work-dir', str(tmp_path), '--data-root', str(data)],
        capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0 and f'ValueError: {evil} is refused' in last
    assert not victim.exists()


@pytest.fixture
def server(tmp_path):
    """Serves the folder by HTTP."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler,
                                directory=str(tmp_path))
    handler.log_message = lambda *args: None
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f'http://127.0.0.1:{running.server_port}'
        running.shutdown()
        thread.join()


def test_from_an_address(server, evil, victim, tmp_path, monkeypatch, shipped):
    """torch.hub would run it."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'hub'))
    url = f'{server}/evil.pth'
    refused(lambda: MMPoseInferencer(shipped['Config'], url), url, victim)


def test_text_of_a_config_is_not_run(tmp_path, victim, shipped, data, monkeypatch):
    """Strings load as weights; MMEngine would run those that it takes for a config."""
    code = f'open({str(victim)!r}, "w")\nmodel = dict(type="x")\n'
    path = str(tmp_path / 'evil.pth')
    checkpoint = torch.load(shipped['Weights'], weights_only=True)
    checkpoint['meta'].update(cfg=code, config=code, epoch=1, iter=1)
    checkpoint['message_hub'] = dict(
        log_scalars={}, runtime_info=dict(cfg=code), resumed_keys={})
    done = {'train_cfg.max_epochs': 1}  # it resumes, and finds nothing left to do
    training = runner(data, tmp_path, monkeypatch, load_from=path, resume=True, **done)
    training.optim_wrapper = training.build_optim_wrapper(training.optim_wrapper)
    checkpoint['optimizer'] = training.optim_wrapper.state_dict()
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match='Cannot find the config in the checkpoint'):
        Pose2DInferencer(None, path, scope='mmpose')
    training.train()
    assert not victim.exists()


BROKEN = {
    'empty': (b'', 'damaged or not a PyTorch checkpoint'),
    'text': (b'no checkpoint\n', 'damaged or not a PyTorch checkpoint'),
    'an image': (b'\x89PNG\r\n\x1a\n' + bytes(99), 'damaged or not a PyTorch checkpoint'),
    'cut off': (None, 'damaged or not a PyTorch checkpoint'),
    'a list': ([1, 2], 'expected a dict with the "state_dict"'),
    'a tensor': (torch.zeros(3), 'expected a dict with the "state_dict"'),
    'state_dict a list': (dict(state_dict=[1]), 'expected a dict with the "state_dict"'),
    'of another model': (dict(state_dict=dict(a=torch.zeros(3))), 'does not fit'),
    'weights of another shape': ('shape', 'does not fit the config'),
    'texts for weights': (dict(state_dict=dict(fc='x')), 'does not fit the config'),
}


@pytest.mark.parametrize('name', BROKEN)
def test_broken_and_foreign_checkpoints(name, tmp_path, shipped):
    content, cause = BROKEN[name]
    path = tmp_path / 'broken.pth'
    if content is None:
        whole = Path(shipped['Weights']).read_bytes()
        path.write_bytes(whole[:len(whole) // 2])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        checkpoint = torch.load(shipped['Weights'], weights_only=True)
        weights = checkpoint['state_dict']
        weights.update({key: value[None] for key, value in list(weights.items())[:1]})
        torch.save(checkpoint, path)
    else:
        torch.save(content, path)
    with pytest.raises(ValueError) as error:
        deployed_model(Config.fromfile(shipped['Config']), str(path))
    assert str(path) in str(error.value) and cause in str(error.value)
    if 'does not fit' not in cause:
        with pytest.raises(ValueError, match='broken.pth'):
            CheckpointLoader.load_checkpoint(str(path))
    if name == 'texts for weights':
        with pytest.raises(ValueError, match='no "state_dict" of tensors'):
            strip_checkpoint(str(path), str(tmp_path / 'out.pth'))


def test_an_exported_model_is_not_a_checkpoint(tmp_path):
    network(tmp_path / 'a.onnx')
    for load in (load_weights, CheckpointLoader.load_checkpoint):
        with pytest.raises(ValueError, match=r'a\.onnx is an exported model.*\.pth'):
            load(str(tmp_path / 'a.onnx'))


def test_missing_checkpoint(tmp_path, shipped):
    with pytest.raises(FileNotFoundError, match='checkpoint not found: .*gone.pth'):
        deployed_model(Config.fromfile(shipped['Config']), str(tmp_path / 'gone.pth'))


# ONNX

IMAGE = np.zeros((20, 30, 3), np.uint8)


def test_a_network_of_constants_is_fine(tmp_path):
    """The valid file from which the cases below differ."""
    people = Predictor(network(tmp_path / 'a.onnx'))(IMAGE)
    assert people.keypoints.shape == (3, 2, 2)


@pytest.mark.parametrize('change, cause', [
    (dict(names=('a', 'b')), r'has .* a tensor\(float\).* expected .* input'),
    (dict(inputs=[1, 1, 32, 64]), r'expected .* input \(B, 3, H, W\)'),
    (dict(inputs=[3]), r'expected .* input \(B, 3, H, W\)'),
    (dict(inputs=[0, 3, 32, 64]), r'expected .* input \(B, 3, H, W\)'),
    (dict(kind=TensorProto.UINT8), r'input tensor\(uint8\)'),
    (dict(dets=(1, 3, 6)), r'expected .* dets \(B, N, 5\)'),
    (dict(poses=(1, 3, 2)), r'expected .* keypoints \(B, N, K, 3\)'),
    (dict(poses=(1, 3, 2, 4)), r'expected .* keypoints \(B, N, K, 3\)'),
    (dict(keypoints='{'), r'metadata "keypoints"'),
    (dict(keypoints=['a']), r'invalid metadata "keypoints" for 2 keypoints'),
    (dict(keypoints=[1, 2]), r'metadata "keypoints"'),
    (dict(skeleton=[[0, 2]]), r'metadata "skeleton"'),
    (dict(skeleton='[' * 100000), r'metadata "skeleton"'),
    (dict(colours=[[0, 0, 300]] * 2), r'metadata "colours"'),
    (dict(colours='red'), r'metadata "colours"'),
    (dict(sigmas=[0, 0]), r'metadata "sigmas"'),
    (dict(input_size=[-1, 5]), r'metadata "input_size"'),
    (dict(input_size=[10**6, 10**6]), r'metadata "input_size"'),
    (dict(nms=dict(kind='x')), r'metadata "nms"'),
    (dict(nms=dict(kind='oks', threshold=0)), r'metadata "nms"'),
], ids=str)
def test_foreign_onnx_files_are_refused(change, cause, tmp_path, capsys):
    path = network(tmp_path / 'foreign.onnx', **change)
    with pytest.raises(ValueError, match=cause) as error:
        Predictor(path)
    assert str(path) in str(error.value) and 'erpose export' in str(error.value)
    assert main(['predict', str(path), str(tmp_path)]) == 1
    assert 'Traceback' not in capsys.readouterr().err


def test_open_sizes_without_a_size(tmp_path):
    path = network(tmp_path / 'a.onnx', inputs=[1, 3, 'h', 'w'])
    model = onnx.load(path)
    kept = [p for p in model.metadata_props if p.key != 'input_size']
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, path)
    with pytest.raises(ValueError, match='dynamic input size and no default'):
        Predictor(path)
    assert Predictor(path, input_size=(128, 160)).input_size == (128, 160)


def test_outputs_of_another_shape_than_declared(tmp_path):
    path = network(tmp_path / 'a.onnx', dets=(1, 4, 5), declared=(
        ('b', 'n', 5), ('b', 'n', 2, 3)))
    with pytest.raises(ValueError, match=r'a\.onnx returns dets \(1, 4, 5\) and keypoints'):
        Predictor(path)(IMAGE)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_people_that_are_not_numbers_are_left_out(value, tmp_path):
    assert not len(Predictor(network(tmp_path / 'a.onnx', value=value))(IMAGE, -1).scores)


def external(path, location):
    """A model whose weights lie in another file."""
    network(path)
    model = onnx.load(path)
    tensor = model.graph.node[0].attribute[0].t
    weights = helper.make_tensor('w', TensorProto.FLOAT, tensor.dims, [0.0] * 15)
    weights.ClearField('float_data')
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = 'location', str(location)
    model.graph.initializer.append(weights)
    model.graph.node[0].CopyFrom(helper.make_node('Identity', ['w'], ['dets']))
    path.write_bytes(model.SerializeToString())


@pytest.mark.parametrize('where', ['{}', '../secret.bin', 'gone.bin'])
def test_no_file_outside_the_models_folder_is_read(where, tmp_path):
    secret = tmp_path / 'secret.bin'
    secret.write_bytes(bytes(60))
    folder = tmp_path / 'model'
    folder.mkdir()
    external(folder / 'a.onnx', where.format(secret))
    with pytest.raises(ValueError, match=r'a\.onnx is not an ONNX model'):
        Predictor(folder / 'a.onnx')


@pytest.mark.parametrize('content', [b'', b'no model\n', b'\x80\x02}.', bytes(5000), None],
                         ids=['empty', 'text', 'pickle', 'zeros', 'cut off'])
def test_broken_onnx_files(content, tmp_path, capsys):
    path = tmp_path / 'broken.onnx'
    if content is None:
        whole = network(path).read_bytes()
        content = whole[:len(whole) // 2]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r'broken\.onnx is not an ONNX model'):
        Predictor(path)
    assert main(['predict', str(path), str(tmp_path)]) == 1
    assert 'Traceback' not in capsys.readouterr().err


def test_fuzz(cases, tmp_path, time_limit):
    """An ONNX file and a checkpoint with bytes changed: a result or a named error."""
    rng = np.random.default_rng(0)
    model, weights = tmp_path / 'a.onnx', tmp_path / 'a.pth'
    network(model)
    torch.save(dict(state_dict=dict(a=torch.zeros(3), b=torch.ones(2, 2)),
                    meta=dict(epoch=1, dataset_meta=dict(sigmas=np.ones(2)))), weights)
    for path, load in ((model, lambda p: Predictor(p)(IMAGE)), (weights, load_weights)):
        valid, outcomes = path.read_bytes(), set()
        for _ in range(cases // 2):
            data = np.frombuffer(valid, np.uint8).copy()
            places = rng.integers(0, len(data), rng.integers(1, 5))
            data[places] = rng.integers(0, 256, len(places))
            path.write_bytes(data.tobytes()[:rng.integers(1, 2 * len(data))])
            with time_limit(20):
                try:
                    load(str(path))
                    outcome = 'used'
                except ValueError as error:
                    assert str(path) in str(error)
                    outcome = 'refused'
            outcomes.add(outcome)
        assert outcomes == {'used', 'refused'}
