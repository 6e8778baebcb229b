"""``erpose predict`` on what people have."""
import csv
import json
import re
import shutil

import cv2
import numpy as np
import pytest

from erpose import zoo
from erpose.cli import main
from erpose.deploy import commands
from erpose.deploy.sources import expand, frames, read_image


@pytest.fixture
def video(tmp_path):
    path = tmp_path / 'clip.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    for level in range(5):
        writer.write(np.full((48, 64, 3), 40 * level, np.uint8))
    writer.release()
    return path


def predict(*args):
    return main(['predict', *map(str, args), '--threads', '1'])


def test_folder_to_pictures_json_and_csv(fixed_file, crowd, tmp_path, capsys):
    out = tmp_path / 'out'
    assert predict(fixed_file, crowd, '--out', out, '--json', tmp_path / 'new/p.json',
                   '--csv', tmp_path / 'p.csv', '--score', 0) == 0
    said = capsys.readouterr().out
    assert 'running on' in said and 'in 4 pictures' in said
    assert sorted(p.name for p in out.iterdir()) == sorted(p.name for p in crowd.iterdir())
    source = next(crowd.iterdir())
    assert read_image(out / source.name).shape == read_image(source).shape
    people = json.loads((tmp_path / 'new/p.json').read_text())
    rows = list(csv.reader((tmp_path / 'p.csv').open()))
    assert len(rows) == len(people) + 1 and len(rows[0]) == len(rows[1]) == 6 + 51
    assert 'nose_x' in rows[0] and float(rows[1][1]) == people[0]['score']


def test_video(open_file, video, tmp_path):
    assert predict(open_file, video, '--out', tmp_path / 'o', '--json', tmp_path / 'p.json',
                   '--score', 0, '--batch', 2) == 0
    assert len(list(frames(str(tmp_path / 'o/clip.mp4')))) == 5
    images = {p['image_id'] for p in json.loads((tmp_path / 'p.json').read_text())}
    assert images == {f'{video}#{i}' for i in range(5)}


def test_a_broken_image_is_skipped_and_said(fixed_file, crowd, tmp_path, capsys):
    broken = tmp_path / 'broken.jpg'
    broken.write_bytes(b'\xff\xd8\xff')
    empty = tmp_path / 'empty.png'
    empty.touch()
    good = next(crowd.iterdir())
    assert predict(fixed_file, broken, good, empty, '--no-draw') == 1
    said = capsys.readouterr()
    assert 'in 1 pictures; written: nothing' in said.out
    assert [line[:7] for line in said.err.splitlines()] == ['skipped'] * 2
    assert 'broken.jpg: not an image' in said.err


@pytest.mark.parametrize('source, message', [
    ('nowhere.jpg', 'nowhere.jpg: no such file'),
    ('.', 'a folder without images')])
def test_sources_that_name_nothing(fixed_file, tmp_path, monkeypatch, capsys, source,
                                   message):
    monkeypatch.chdir(tmp_path)
    assert predict(fixed_file, source) == 1
    assert message in capsys.readouterr().err


def test_same_names_in_two_folders_do_not_overwrite(fixed_file, tmp_path):
    for name in ('a', 'b'):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / '1.png'), np.zeros((32, 32, 3), np.uint8))
    assert predict(fixed_file, tmp_path / 'a', tmp_path / 'b', '--out', tmp_path / 'o') == 0
    assert {p.name for p in (tmp_path / 'o').iterdir()} == {'1.png', '1 (2).png'}


def test_the_users_own_files_are_not_overwritten(fixed_file, video, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite('1.png', np.zeros((32, 32, 3), np.uint8))
    video.rename('clip.mp4')
    before = {name: (tmp_path / name).read_bytes() for name in ('1.png', 'clip.mp4')}
    assert predict(fixed_file, '1.png', 'clip.mp4', '--out', '.') == 0
    assert before == {name: (tmp_path / name).read_bytes() for name in before}
    assert (tmp_path / '1 (2).png').exists() and (tmp_path / 'clip (2).mp4').exists()


@pytest.mark.parametrize('suffix', ['', '.jfif', '.xyz'])
def test_an_image_of_an_unknown_suffix_is_drawn_as_png(fixed_file, tmp_path, suffix):
    path = tmp_path / f'photo{suffix}'
    cv2.imencode('.jpg', np.zeros((32, 32, 3), np.uint8))[1].tofile(path)
    assert predict(fixed_file, path, '--out', tmp_path / 'o') == 0
    assert [p.name for p in (tmp_path / 'o').iterdir()] == ['photo.png']


@pytest.mark.parametrize('images', ['nowhere', '.'])
def test_calibration_without_images_is_refused(tmp_path, monkeypatch, capsys, images):
    monkeypatch.chdir(tmp_path)
    assert main(['export', 'x.py', 'x.pth', 'n.onnx', '--int8', images]) == 1
    assert images in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_names_that_are_not_ascii(fixed_file, tmp_path):
    path = tmp_path / 'Füße.png'
    cv2.imencode('.png', np.zeros((32, 32, 3), np.uint8))[1].tofile(path)
    assert predict(fixed_file, path, '--out', tmp_path / 'o') == 0
    assert (tmp_path / 'o' / 'Füße.png').exists()


def test_patterns(crowd):
    assert expand([f'{crowd}/*.jpg']) == expand([str(crowd)])


@pytest.mark.parametrize('words', [[], ['erpose-n']], ids=['default', 'alias'])
def test_the_zoos_model(words, fixed_file, crowd, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(zoo, 'ONNX_FILES', tmp_path)
    assert predict(*words, crowd, '--no-draw') == 1
    assert 'write it' in capsys.readouterr().err
    shutil.copy(fixed_file, tmp_path / 'erpose-n.onnx')
    assert predict(*words, crowd, '--no-draw') == 0
    assert 'erpose-n.onnx: 128x96' in capsys.readouterr().out


def test_options_between_model_and_sources(fixed_file, crowd, capsys):
    assert predict(fixed_file, '--no-draw', crowd) == 0
    assert 'in 4 pictures' in capsys.readouterr().out


def test_a_model_alone_is_no_source(fixed_file, capsys):
    assert predict(fixed_file) == 1
    assert 'is the model: name an image' in capsys.readouterr().err


@pytest.mark.parametrize('words, said', [
    (['nonsense'], 'no config nonsense.* alias of the zoo .*erpose-n'),
    (['erpose-n_1xb16-30e_synthetic-320x320.py'], 'name its checkpoint after it'),
    (['erpose-n', 'erpose-q'], 'no checkpoint erpose-q'),
])
def test_export_of_what_the_zoo_has_not(words, said, tmp_path, capsys):
    assert main(['export', *words, str(tmp_path / 'n.onnx')]) == 1
    assert re.search(said, capsys.readouterr().err)


@pytest.mark.parametrize('module, extra', [('cv2', 'deploy'), ('gradio', 'web')])
def test_a_missing_package_is_named_with_its_extra(module, extra, monkeypatch, capsys):
    def missing(args):
        raise ModuleNotFoundError(f"No module named '{module}'", name=module)

    monkeypatch.setattr(commands, 'web', missing)
    assert main(['web']) == 1
    assert f"pip install 'erpose[{extra}]'" in capsys.readouterr().err


def test_help_names_an_example(capsys):
    with pytest.raises(SystemExit):
        main(['predict', '--help'])
    assert 'erpose predict photo.jpg' in capsys.readouterr().out
