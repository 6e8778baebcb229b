"""The runtime works with only numpy, OpenCV and ONNX Runtime installed."""
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import erpose

ALLOWED = ('numpy', 'opencv-python-headless', 'onnxruntime')


@pytest.fixture(scope='module')
def bare(tmp_path_factory):
    """A folder with links to the allowed packages and to erpose alone."""
    site = tmp_path_factory.mktemp('site')
    for name in ALLOWED:
        files = importlib.metadata.distribution(name).files
        tops = {file.parts[0] for file in files if not file.parts[0].startswith('.')}
        for top in tops - {'bin', '__pycache__'}:
            source = Path(importlib.metadata.distribution(name).locate_file(top))
            (site / top).symlink_to(source)
    (site / 'erpose').symlink_to(Path(erpose.__file__).parent)
    return site


def run(bare, *command, cwd):
    # -S: no site-packages; no -E, because the packages come by PYTHONPATH
    return subprocess.run([sys.executable, '-S', *map(str, command)], cwd=cwd, text=True,
                          capture_output=True,
                          env=dict(PATH=os.environ['PATH'], PYTHONPATH=str(bare)))


def test_nothing_else_is_there(bare, tmp_path):
    done = run(bare, '-c', 'import torch', cwd=tmp_path)
    assert 'No module named' in done.stderr


def test_predict(bare, fixed_file, crowd, tmp_path):
    done = run(bare, '-m', 'erpose.cli', 'predict', fixed_file, crowd, '--json',
               'p.json', '--score', '0', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / 'p.json').read_text())
    assert len(list((tmp_path / 'erpose_output').iterdir())) == 4


def test_what_needs_pytorch_says_so(bare, tmp_path):
    done = run(bare, '-c', 'import erpose; print(erpose.__version__); erpose.models',
               cwd=tmp_path)
    assert erpose.__version__ in done.stdout
    assert 'erpose.models needs torch, mmengine' in done.stderr
    done = run(bare, '-m', 'erpose.env', cwd=tmp_path)
    assert "import failed            No module named 'torch'" in done.stdout
    done = run(bare, '-m', 'erpose.cli', 'export', 'a', 'b', 'c', cwd=tmp_path)
    assert done.returncode == 1 and 'Traceback' not in done.stderr
