import copyreg
import importlib
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmpose.datasets.datasets.utils import parse_pose_metainfo

import erpose
from erpose import compat
from erpose.structures.metainfo import parse_metainfo

STEPS = ['torchvision operators', 'mmcv._ext', 'weights-only checkpoints',
         'launchers on the CPU', 'checkpoint loaders']


def test_report():
    report = compat.apply()
    assert [step.name for step in report] == STEPS
    assert all(isinstance(step.acted, bool) and step.reason for step in report)


def test_apply_is_idempotent():
    before = compat.apply()
    extension = sys.modules.get('mmcv._ext')
    allowed = torch.serialization.get_safe_globals()
    assert compat.apply() == before
    assert sys.modules.get('mmcv._ext') is extension
    assert torch.serialization.get_safe_globals() == allowed
    expected = list(before)
    before.clear()  # a copy: nobody can edit the report
    assert compat.apply() == expected


def raising(error):
    def function(*args, **kwargs):
        raise error

    return function


@pytest.mark.parametrize('step, module, name, substitute, reason', [
    pytest.param(compat._declare_torchvision_ops, importlib, 'import_module',
                 lambda name: None, 'torchvision can be imported', id='torchvision works'),
    pytest.param(compat._declare_torchvision_ops, importlib, 'import_module',
                 raising(ImportError()), 'torchvision is not installed',
                 id='no torchvision'),
    pytest.param(compat._stand_in_for_mmcv_ext, importlib.util, 'find_spec',
                 lambda name: None, 'mmcv is not installed', id='no mmcv'),
    pytest.param(compat._stand_in_for_mmcv_ext, importlib.util, 'find_spec',
                 lambda name: object(), 'full mmcv', id='full mmcv'),
    pytest.param(compat._launch_on_cpu, torch.cuda, 'is_available', lambda: True,
                 'a GPU is available', id='a GPU'),
])
def test_steps_leave_alone_what_works(monkeypatch, step, module, name, substitute, reason):
    extension = sys.modules.get('mmcv._ext')
    monkeypatch.setattr(module, name, substitute)
    result = step()
    monkeypatch.undo()
    assert not result.acted
    assert reason in result.reason
    assert sys.modules.get('mmcv._ext') is extension


def test_another_torchvision_error_is_not_hidden(monkeypatch):
    monkeypatch.setattr(importlib, 'import_module', raising(RuntimeError('out of luck')))
    with pytest.raises(RuntimeError, match='out of luck'):
        compat._declare_torchvision_ops()


def test_old_torch_loads_everything(monkeypatch):
    monkeypatch.delattr(torch.serialization, 'add_safe_globals')
    assert not compat._allow_mmengine_checkpoints().acted


def test_stand_in_operator_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmcv._ext', None)
    monkeypatch.setattr(importlib.util, 'find_spec',
                        lambda name: None if name == 'mmcv._ext' else object())
    step = compat._stand_in_for_mmcv_ext()
    extension = sys.modules['mmcv._ext']
    assert step.acted
    assert extension.__spec__.name == 'mmcv._ext'
    assert not hasattr(extension, '__path__')  # dunders are not operators
    with pytest.raises(RuntimeError, match=r'mmcv\.ops\.nms .*mim install "mmcv==2.1.0"'):
        extension.nms(1, boxes=2)


def test_mmcv_ops_and_torchvision_import():
    importlib.import_module('mmcv.ops')
    importlib.import_module('torchvision')
    importlib.import_module('mmpose.models')
    # the schemas outlive the step that declared them
    assert torch._C._jit_get_schemas_for_operator('torchvision::nms')


def message_hub():
    hub = MessageHub('test')
    for value in (1.5, 2.5):
        hub.update_scalar('train/loss', value)
    hub.update_info('epoch', 3)
    return hub


@pytest.mark.parametrize('stock', [
    pytest.param(False, id='saved with erpose'),
    pytest.param(True, id='saved by a stock mmengine'),
])
def test_loss_history_loads_weights_only(tmp_path, monkeypatch, stock):
    if stock:
        monkeypatch.delitem(copyreg.dispatch_table, HistoryBuffer)
    path = tmp_path / 'epoch_3.pth'
    torch.save(dict(state_dict={}, message_hub=message_hub().state_dict()), path)
    loaded = torch.load(path, weights_only=True)

    hub = MessageHub('resumed')
    hub.load_state_dict(loaded['message_hub'])
    history = hub.get_scalar('train/loss')
    assert isinstance(history, HistoryBuffer)
    assert [values.tolist() for values in history.data] == [[1.5, 2.5], [1, 1]]
    assert history.mean() == 2.0
    assert history.max_length == message_hub().get_scalar('train/loss').max_length
    history.update(3.5)  # training goes on
    assert hub.get_info('epoch') == 3


@pytest.mark.parametrize('dataset', ['coco', 'crowdpose'])
def test_data_set_metainfo_loads_weights_only(tmp_path, dataset):
    # mmengine's Runner puts it into each checkpoint: sigmas are float32, colours uint8
    meta = parse_pose_metainfo(dict(from_file=f'configs/_base_/datasets/{dataset}.py'))
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(meta=dict(dataset_meta=meta)), path)
    loaded = torch.load(path, weights_only=True)['meta']['dataset_meta']
    np.testing.assert_array_equal(loaded['keypoint_colors'], meta['keypoint_colors'])
    np.testing.assert_array_equal(loaded['sigmas'], meta['sigmas'])


class Payload:

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize('place', ['meta', 'message_hub'])
@pytest.mark.parametrize('function, argument', [
    pytest.param(os.system, 'touch {}', id='os.system'),  # torch blocks it by name
    pytest.param(eval, '__import__("pathlib").Path("{}").touch()', id='eval'),
])
def test_payload_is_refused(tmp_path, function, argument, place):
    victim, path = tmp_path / 'victim', tmp_path / 'evil.pth'
    torch.save({place: {'a': Payload(function, argument.format(victim))}}, path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)  # weights_only is the default, and stays it
    assert not victim.exists()
    torch.load(path, weights_only=False)  # the payload is real
    assert victim.exists()


def test_the_metainfo_of_keypoints_without_a_skeleton_loads(tmp_path):
    info = parse_metainfo(dict(keypoint_info={0: dict(name='point')}, sigmas=[0.05]))
    assert not info['skeleton_link_colors'].size
    torch.save(dict(meta=dict(dataset_meta=info)), tmp_path / 'epoch_1.pth')
    found = torch.load(tmp_path / 'epoch_1.pth')['meta']['dataset_meta']
    assert str(found) == str(info)
    torch.save(dict(meta=Payload(bytes, 10**15)), tmp_path / 'evil.pth')
    with pytest.raises(TypeError):
        torch.load(tmp_path / 'evil.pth')


def test_allowed_classes_lend_no_method(tmp_path):
    path = tmp_path / 'evil.pth'
    torch.save({'meta': Payload(getattr, np.ndarray, 'tofile')}, path)
    with pytest.raises((pickle.UnpicklingError, AttributeError)):
        torch.load(path)


@pytest.mark.parametrize('function', [eval, exec, getattr, __import__, pickle.loads])
def test_nothing_dangerous_is_allowed(function):
    allowed = [entry[0] if isinstance(entry, tuple) else entry
               for entry in torch.serialization.get_safe_globals()]
    assert function not in allowed


FULL_MMCV = '''
    import importlib.machinery, sys, types

    class Extension(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith('__'):
                raise AttributeError(name)
            return lambda *args: f'compiled {name}'

    class Finder:
        """Finds a compiled mmcv._ext, as the full mmcv has one."""
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == 'mmcv._ext':
                return importlib.machinery.ModuleSpec(name, Finder)
        @staticmethod
        def create_module(spec):
            return Extension(spec.name)
        @staticmethod
        def exec_module(module):
            pass

    sys.meta_path.insert(0, Finder)
    import erpose
    from mmcv import _ext
    assert type(_ext) is Extension, type(_ext)
    assert _ext.nms() == 'compiled nms'
    step = erpose.compat.apply()[1]
    assert not step.acted and 'full mmcv' in step.reason, step
'''


def test_full_mmcv_is_left_alone():
    source_root = Path(erpose.__file__).parents[1]
    run = subprocess.run([sys.executable, '-W', 'ignore', '-c', textwrap.dedent(FULL_MMCV)],
                         env=dict(os.environ, PYTHONPATH=str(source_root)),
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
