"""``import erpose`` is light, and loads everything on first use."""
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import erpose

REGISTERED = '''
from mmpose.registry import HOOKS, MODELS
assert HOOKS.get('PosePriorHook').__module__ == 'erpose.engine.hooks.pose_prior_hook'
assert MODELS.get('erpose.ERPoseHead') is MODELS.get('ERPoseHead')
import mmengine.config, mmpose, sys
assert mmpose.__spec__.loader is mmpose.__loader__  # of the import system, not the hook's
assert not any(type(finder).__module__ == 'erpose.loading' for finder in sys.meta_path)
assert mmengine.config.Config.fromfile('erpose-n').model.head.type == 'ERPoseHead'
'''


def run(program, cwd):
    # -W error would count as filters of the user
    done = subprocess.run(
        [sys.executable, '-c', textwrap.dedent(program)], cwd=cwd, capture_output=True,
        text=True, env=dict(os.environ, PYTHONPATH=str(Path(erpose.__file__).parents[1])))
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def test_import_and_command_load_nothing_of_the_stack(tmp_path):
    run('''
        import sys
        import erpose.cli, erpose.deploy, erpose.zoo
        assert not {'torch', 'mmengine', 'mmpose', 'mmdet'} & {*sys.modules}
        assert erpose.deploy.Predictor
        ''', tmp_path)


@pytest.mark.parametrize('program', [
    'import erpose\nfrom mmpose.apis import MMPoseInferencer',  # README's
    # mmpose's own tools import MMEngine first, and us by custom_imports
    'from mmengine.config import Config; import erpose',
    *(pytest.param(program, marks=pytest.mark.slow) for program in (
        'import erpose, torchvision, mmdet',
        'from erpose.datasets import KeypointDataset',
        'import erpose; erpose.models.heads.ERPoseHead',
        'from erpose.structures import oks')),
])
def test_whatever_comes_first_all_is_registered(program, tmp_path):
    said = run(program + REGISTERED, tmp_path)
    assert 'Warning' not in said, said


def test_a_failing_step_is_reported_each_time(tmp_path):
    run('''
        import erpose, sys
        sys.modules['erpose.stack_warnings'] = None
        for attempt in range(2):
            try:
                import mmpose
            except ImportError as error:
                assert 'stack_warnings' in str(error)
            else:
                raise AssertionError
        ''', tmp_path)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        erpose.nonsense  # noqa: B018
