"""The zoo's entries and how they are found."""
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.infer import BaseInferencer

from erpose import zoo
from erpose.engine import zoo_lookup


def test_root_holds_configs_and_index():
    assert (zoo.root() / 'configs').is_dir() and (zoo.root() / 'model-index.yml').is_file()


@pytest.mark.parametrize('model', zoo.models(), ids=lambda m: m['Name'])
def test_entries_name_files_that_exist(model):
    assert Path(model['Config']).is_file()
    assert '://' in model['Weights'] or Path(model['Weights']).is_file()


def test_names_and_aliases_are_unique():
    names = [n for m in zoo.models() for n in (m['Name'], *m.get('Alias', []))]
    assert len(names) == len(set(names))


def test_registering_twice_adds_the_zoo_once():
    zoo_lookup.register()
    mim = str(Path(__import__('mmpose').__file__).parent / '.mim')
    names = [m['Name'] for m in BaseInferencer._get_models_from_metafile(mim)]
    for model in zoo.models():
        assert names.count(model['Name']) == 1


def test_other_packages_do_not_see_the_zoo():
    mim = str(Path(__import__('mmdet').__file__).parent / '.mim')
    names = {m['Name'] for m in BaseInferencer._get_models_from_metafile(mim)}
    assert not names & {m['Name'] for m in zoo.models()}


def test_configs_inherit_across_packages(tmp_path):
    config = tmp_path / 'mine.py'
    config.write_text(
        "_base_ = 'erpose::erpose/erpose-n_1xb16-30e_synthetic-320x320.py'\n")
    assert Config.fromfile(config).model.head.type == 'ERPoseHead'
