"""Sets up all tests: erpose before mmpose, mmpose's registries, one thread, fixtures,
and options of the reliability suites."""
import erpose  # noqa: F401  # isort: skip  (its compat steps come before mmpose)
import gc
import os
import runpy
import sys

import hypothesis
import pytest
import torch
from filelock import FileLock
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

from erpose import zoo
from erpose.cli import main
from toys import Toys

torch.set_num_threads(1)
init_default_scope('mmpose')
hypothesis.settings.register_profile('long', max_examples=2000)  # --hypothesis-profile


@pytest.fixture
def toys(tmp_path):
    """Four pictures of a toy with three keypoints."""
    return Toys(tmp_path)


@pytest.fixture(scope='session')
def shipped():
    """The zoo's entry of the shipped checkpoint."""
    return next(m for m in zoo.models() if 'erpose-n' in m.get('Alias', []))


@pytest.fixture(scope='session')
def made_once(tmp_path_factory):
    """``made_once(name, make)``: the path that ``make(path)`` writes once per test run.

    The processes of pytest-xdist share it, so no test may change it.
    """
    root = tmp_path_factory.getbasetemp()
    root = root.parent if 'PYTEST_XDIST_WORKER' in os.environ else root

    def made_once(name, make):
        path, draft = root / name, root / f'draft_{name}'
        with FileLock(f'{path}.lock'):
            if not path.exists():
                make(draft)
                draft.rename(path)
        return path

    return made_once


@pytest.fixture(scope='session')
def fixed_file(shipped, made_once):
    """The shipped model as `erpose export` writes it: for 160x128 pixels, small and not
    square, and with more priors than the decoder has candidates."""
    def export(folder):  # which does not exist yet
        assert not main(['export', shipped['Config'], shipped['Weights'],
                         str(folder / 'fixed.onnx'), '--size', '160', '128'])

    return made_once('exported', export) / 'fixed.onnx'


@pytest.fixture(autouse=True)
def own_loggers(monkeypatch):
    """Removes loggers of earlier tests' runners, whose log files are closed."""
    monkeypatch.setattr(MMLogger, '_instance_dict', type(MMLogger._instance_dict)())


@pytest.fixture
def tool(tmp_path, monkeypatch, capsys):
    """``tool(name, *args)`` runs a file of tools/ in ``tmp_path`` and returns its output.

    It runs in this process: importing PyTorch and MMPose takes longer than any tool.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('ERPOSE_DATA', os.environ.get('ERPOSE_DATA', 'data'))  # restored

    def tool(name, *args):
        monkeypatch.setattr(sys, 'argv', [name, *map(str, args)])
        runpy.run_path(str(zoo.root() / 'tools' / name), run_name='__main__')
        return capsys.readouterr().out

    return tool


def pytest_addoption(parser):
    parser.addoption('--cases', type=int, default=150, metavar='N',
                     help='cases of each fuzzing test (default: %(default)s)')


def pytest_collection_finish():
    """Exempts imported objects: MMEngine collects garbage with every data set."""
    gc.freeze()
