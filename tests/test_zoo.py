"""The zoo's entries and how they are found."""
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.runner.checkpoint import CheckpointLoader

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


def test_bases_of_ours_have_no_scope(tmp_path):
    """MMEngine would pass it to seed_worker, and search our registries for every module."""
    config = tmp_path / 'mine.py'
    config.write_text(
        "_base_ = 'erpose::erpose/erpose-n_1xb16-30e_synthetic-320x320.py'\n")
    assert '_scope_' not in Config.fromfile(config).pretty_text


def test_a_missing_base_is_reported(tmp_path):
    config = tmp_path / 'mine.py'
    config.write_text("_base_ = 'erpose::erpose/nonsense.py'\n")
    with pytest.raises(FileNotFoundError, match='not found: erpose::erpose/nonsense.py'):
        Config.fromfile(config)


@pytest.mark.parametrize('name', [
    'erpose-n', 'erpose-n_2xb8-12e_photographs-416x416_falling',
    'erpose-n_2xb8-12e_photographs-416x416_falling.py',
    'erpose/erpose-n_2xb8-12e_photographs-416x416_falling.py',
    'configs/erpose/erpose-n_2xb8-12e_photographs-416x416_falling.py',
])
def test_configs_by_name_from_another_folder(name, tmp_path, monkeypatch, shipped):
    monkeypatch.chdir(tmp_path)
    assert Path(zoo.config(name)).samefile(shipped['Config'])
    assert Config.fromfile(name).model.head.type == 'ERPoseHead'


@pytest.mark.parametrize('name', [
    'erpose-n', 'erpose-n_2xb8-12e_photographs-416x416_falling',
    'checkpoints/erpose-n_photographs-416x416.pth',
    'erpose-n_photographs-416x416.pth',
])
def test_checkpoints_by_name_from_another_folder(name, tmp_path, monkeypatch, shipped):
    monkeypatch.chdir(tmp_path)
    assert Path(zoo.checkpoint(name)).samefile(shipped['Weights'])
    assert 'state_dict' in CheckpointLoader.load_checkpoint(name, 'cpu')


def test_files_of_the_user_come_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('mine.py', 'erpose-n', 'checkpoints/a.pth'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert zoo.config('mine.py') == 'mine.py'
    assert zoo.checkpoint('erpose-n') == 'erpose-n'
    assert zoo.checkpoint('checkpoints/a.pth') == 'checkpoints/a.pth'
    assert zoo.checkpoint('https://x.org/a.pth') == 'https://x.org/a.pth'


def test_unknown_paths_stay_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert zoo.config('nothing.py') == 'nothing.py'
    assert zoo.checkpoint('work/epoch_1.pth') == 'work/epoch_1.pth'
    with pytest.raises(FileNotFoundError, match='alias of the zoo .*erpose-n'):
        zoo.checkpoint('erpose-q')


@pytest.mark.parametrize('word, model', [
    ('erpose-n', True), ('yolo_pose-n', True), ('a.onnx', True), ('x/A.ONNX', True),
    ('photo.jpg', False), ('0', False), ('folder', False), ('./erpose-n', False),
    ('*.jpg', False), ('rtsp://camera/1', False), ('erpose-q', False),
])
def test_models_are_distinguished_from_sources(word, model):
    assert zoo.is_model(word) == model


def test_onnx_file_of_an_alias(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, 'ONNX_FILES', tmp_path)
    assert zoo.onnx_file('mine.onnx') == Path('mine.onnx')
    with pytest.raises(FileNotFoundError, match='erpose export erpose-n erpose-n.onnx'):
        zoo.onnx_file('erpose-n')
    (tmp_path / 'erpose-n.onnx').touch()
    assert zoo.onnx_file('erpose-n') == tmp_path / 'erpose-n.onnx'


@pytest.mark.parametrize('name, remedy', [
    ('rtmdet_tiny_8xb32.pth', 'RTMDET_TINY=FILE names a local copy'),
    ('rtmdet_nano_8xb32.pth', 'RTMDET_NANO=FILE names a local copy'),
    ('hrnet_w32.pth', 'name a local copy in the config, as init_cfg.checkpoint'),
])
def test_a_failed_download_names_the_way_without_it(name, remedy):
    closed = f'http://127.0.0.1:9/{name}'  # the discard port: nothing listens
    with pytest.raises(FileNotFoundError, match=f'cannot download {closed} .*: {remedy}'):
        CheckpointLoader.load_checkpoint(closed)


def test_each_variable_is_that_of_a_config(monkeypatch):
    """The variable that the message names must be one that the configs read."""
    for size in ('nano', 'tiny', 's', 'm', 'l'):
        monkeypatch.setenv(f'RTMDET_{size.upper()}', 'mine.pth')
        config = Config.fromfile(f'erpose-{size[0]}_8xb32-300e_coco-640x640_pretrained.py')
        assert config.model.backbone.init_cfg.checkpoint == 'mine.pth'
        assert config.model.neck.init_cfg.checkpoint == 'mine.pth'
