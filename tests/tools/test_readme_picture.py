"""The README's picture with matplotlib's photograph only: scikit-image may be missing."""
import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / 'tools' / 'readme_picture.py'


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location('readme_picture', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_rows_are_drawn(script, monkeypatch, capsys):
    monkeypatch.setattr(script, 'PHOTOGRAPHS', script.PHOTOGRAPHS[-1:])
    drawn = script.picture('erpose-n', seed=3)
    crowds = drawn[-script.WIDTH // 3:]
    assert drawn.shape[1] == script.WIDTH and drawn.shape[0] > len(crowds)
    assert (crowds == (0, 255, 0)).all(-1).sum() > 100  # left limbs
    assert 'people in 2 pictures' in capsys.readouterr().out


def test_a_missing_package_is_named(script, monkeypatch):
    monkeypatch.setattr(script, 'PHOTOGRAPHS', [('no_such_module', 'a.png', 'its-package')])
    with pytest.raises(FileNotFoundError, match='pip install its-package'):
        script.photographs()
