"""The text for bug reports, and warnings of untested versions."""
import importlib.metadata
import re
import warnings
from pathlib import Path

import pytest

from erpose import env, loading


def test_report_names_versions_and_what_compat_did():
    text = env.report()
    for word in ('python', 'torch', 'mmpose', 'erpose', 'compat', 'mmcv._ext',
                 'weights-only checkpoints'):
        assert word in text


def test_tested_are_the_versions_of_the_requirements():
    file = Path(__file__).parents[1] / 'requirements/openmmlab.txt'
    pinned = dict(re.findall(r'^(mm\w+)(?:-lite)?==(.+)$', file.read_text(), re.M))
    assert pinned == env.TESTED


@pytest.mark.parametrize('installed, said', [
    ({}, []),
    (dict(mmpose='1.3.0', mmengine='0.10.10'), []),  # another patch
    (dict(mmpose='1.2.0'), ['mmpose 1.2.0', 'mmpose==1.3.2']),
    (dict(mmengine='0.1.7', mmdet='4.2.0'), ['mmengine 0.1.7, mmdet 4.2.0']),
    ({'mmcv-lite': '2.2.0'}, ['mmcv 2.2.0', 'mmcv==2.1.0']),
    ({'mmcv': '2.2.0rc1', 'mmcv-lite': '2.1.0'}, ['mmcv 2.2.0rc1']),
])
def test_other_versions_are_named_with_those_tested(installed, said, monkeypatch):
    versions = {**env.TESTED, 'mmcv': '-', 'mmcv-lite': '2.1.0', **installed}
    monkeypatch.setattr(env, 'version_of', versions.get)
    text = env.untested()
    assert bool(text) == bool(said)
    assert all(part in text for part in said)
    assert not said or 'mmengine 0.10.7, mmcv 2.1.0, mmdet 3.2.0, mmpose 1.3.2' in text


def test_loading_warns_once(monkeypatch):
    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, 'version', lambda package: (
        '1.2.0' if package == 'mmpose' else version(package)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        loading.load()
    assert [str(w.message) for w in caught] == [env.untested()]
    assert 'mmpose 1.2.0' in env.untested()
