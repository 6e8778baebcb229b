"""``erpose predict`` on folders, pictures and videos, and its errors."""
import csv
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from erpose import zoo
from erpose.cli import main
from erpose.deploy import commands
from erpose.imaging.images import read_image
from erpose.imaging.sources import expand, frames


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


@pytest.fixture
def still(tmp_path, crowd):
    """A photograph of people, shown for four frames."""
    photo = read_image(sorted(crowd.iterdir())[0])
    path = tmp_path / 'still.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10,
                             photo.shape[1::-1])
    for _ in range(4):
        writer.write(photo)
    writer.release()
    return path


@pytest.mark.parametrize('batch', [1, 3])
def test_tracked_people_keep_their_ids(open_file, still, tmp_path, batch):
    pytest.importorskip('trackers')
    assert predict(open_file, still, '--track', '--json', tmp_path / 'p.json', '--csv',
                   tmp_path / 'p.csv', '--out', tmp_path / 'o', '--batch', batch,
                   '--score', 0.1) == 0
    people = json.loads((tmp_path / 'p.json').read_text())
    ids = [{p['track_id'] for p in people if p['image_id'] == f'{still}#{i}'}
           for i in range(4)]
    assert ids[0] and min(ids[0]) == 1 and ids == ids[:1] * 4
    rows = list(csv.DictReader((tmp_path / 'p.csv').open()))
    assert [int(row['track_id']) for row in rows] == [p['track_id'] for p in people]
    assert min(p['score'] for p in people) > 0.1


def test_without_the_tracker_nothing_is_touched(fixed_file, crowd, tmp_path, monkeypatch,
                                                capsys):
    import sys
    monkeypatch.setitem(sys.modules, 'trackers', None)
    (tmp_path / 'p.json').write_text('before')
    assert predict(fixed_file, crowd, '--track', '--out', tmp_path / 'o', '--json',
                   tmp_path / 'p.json') == 1
    assert "pip install 'erpose[track]'" in capsys.readouterr().err
    assert (tmp_path / 'p.json').read_text() == 'before' and not (tmp_path / 'o').exists()


def test_a_phone_video_is_drawn_upright(open_file, tmp_path):
    import struct
    path = tmp_path / 'portrait.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 12, (64, 48))
    for _ in range(3):
        writer.write(np.full((48, 64, 3), 99, np.uint8))
    writer.release()
    data = bytearray(path.read_bytes())
    matrix = data.find(b'tkhd') + 44
    data[matrix:matrix + 36] = struct.pack('>9i', 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    assert predict(open_file, path, '--out', tmp_path / 'o') == 0
    drawn = list(frames(str(tmp_path / 'o/portrait.mp4')))
    assert [f.image.shape for f in drawn] == [(64, 48, 3)] * 3
    assert [f.time for f in drawn] == pytest.approx([0, 1 / 12, 2 / 12], abs=2e-3)


def test_ids_of_an_annotation_file(fixed_file, crowd, tmp_path, capsys):
    from pycocotools.coco import COCO
    annotations = crowd.parent / 'annotations.json'
    assert predict(fixed_file, crowd, '--no-draw', '--score', 0, '--ids', annotations,
                   '--json', tmp_path / 'p.json') == 0
    truth = COCO(str(annotations))
    found = truth.loadRes(str(tmp_path / 'p.json'))
    assert set(found.getImgIds()) == set(truth.getImgIds()) and len(found.anns) > 4
    other = tmp_path / 'other.jpg'
    other.write_bytes(sorted(crowd.iterdir())[0].read_bytes())
    command = ['--no-draw', '--score', 0, '--ids', annotations, '--json']
    assert predict(fixed_file, crowd, other, *command, tmp_path / 'p.json') == 1
    said = capsys.readouterr().err
    assert 'skipped 1 picture in' in said and 'other.jpg: no images of' in said
    assert predict(fixed_file, other, *command, tmp_path / 'new.json') == 1
    assert 'other.jpg: no images of' in capsys.readouterr().err
    assert not (tmp_path / 'new.json').exists()
    assert predict(fixed_file, other, '--no-draw', '--ids', annotations) == 1
    assert '--ids needs --json' in capsys.readouterr().err


def in_the_way(path):
    """Replaces a folder by a file."""
    for file in path.rglob('*'):
        file.unlink()
    path.rmdir()
    path.touch()


@pytest.fixture
def vanishing(monkeypatch):
    """Removes a folder after the first frame."""
    from erpose.imaging.writers import Records
    add = Records.add

    def arrange(path):
        def add_and_vanish(self, frame, people):
            add(self, frame, people)
            if path.is_dir():
                in_the_way(path)
        monkeypatch.setattr(Records, 'add', add_and_vanish)
    return arrange


def saved_elsewhere(said):
    return json.loads(Path(said.split('written to ')[1].splitlines()[0]).read_text())


def test_people_outlive_the_folder_of_the_json(fixed_file, crowd, tmp_path, capsys,
                                               vanishing):
    vanishing(tmp_path / 'results')
    assert predict(fixed_file, crowd, '--no-draw', '--score', 0, '--json',
                   tmp_path / 'results/p.json', '--csv', tmp_path / 'p.csv') == 0
    people = saved_elsewhere(capsys.readouterr().err)
    assert len({p['image_id'] for p in people}) == 4
    assert len((tmp_path / 'p.csv').read_text().splitlines()) == len(people) + 1


@pytest.mark.parametrize('moving', [False, True])
def test_people_outlive_the_folder_of_the_drawings(moving, fixed_file, crowd, still,
                                                   tmp_path, capsys, vanishing):
    vanishing(tmp_path / 'out')
    source = still if moving else crowd
    command = [fixed_file, source, '--score', 0, '--out', tmp_path / 'out']
    assert predict(*command) == 1
    said = capsys.readouterr()
    assert 'drawing from here on' in said.err and 'in 1 picture; written: ' in said.out
    assert saved_elsewhere(said.err)
    (tmp_path / 'out').unlink()
    assert predict(*command, '--json', tmp_path / 'p.json') == 1
    people = json.loads((tmp_path / 'p.json').read_text())
    assert len({p['image_id'] for p in people}) == 4  # the others are still processed


def test_the_output_folder_is_not_a_source(fixed_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite('1.png', np.zeros((32, 32, 3), np.uint8))
    for _ in range(2):
        assert predict(fixed_file, '.') == 0
        assert 'in 1 picture;' in capsys.readouterr().out


def test_a_broken_image_is_skipped_and_reported(fixed_file, crowd, tmp_path, capsys):
    broken = tmp_path / 'broken.jpg'
    broken.write_bytes(b'\xff\xd8\xff')
    empty = tmp_path / 'empty.png'
    empty.touch()
    good = next(crowd.iterdir())
    assert predict(fixed_file, broken, good, empty, '--no-draw') == 1
    said = capsys.readouterr()
    assert 'in 1 picture; written: nothing' in said.out
    assert [line[:7] for line in said.err.splitlines()] == ['skipped'] * 2
    assert 'broken.jpg: not an image' in said.err


@pytest.mark.parametrize('source, message', [
    ('nowhere.jpg', 'nowhere.jpg is not a file'),
    ('.', 'contains no images')])
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
    assert 'export it' in capsys.readouterr().err
    shutil.copy(fixed_file, tmp_path / 'erpose-n.onnx')
    assert predict(*words, crowd, '--no-draw') == 0
    assert 'erpose-n.onnx: 160x128' in capsys.readouterr().out


def test_options_between_model_and_sources(fixed_file, crowd, capsys):
    assert predict(fixed_file, '--no-draw', crowd) == 0
    assert 'in 4 pictures' in capsys.readouterr().out


def test_a_model_alone_is_not_a_source(fixed_file, capsys):
    assert predict(fixed_file) == 1
    assert 'add an image' in capsys.readouterr().err


@pytest.mark.parametrize('words, said', [
    (['nonsense'], 'config not found: nonsense .* alias of the zoo .*erpose-n'),
    (['erpose-n_1xb16-30e_synthetic-320x320.py'], 'needs a checkpoint'),
    (['erpose-n', 'erpose-q'], 'checkpoint not found: erpose-q'),
])
def test_export_of_unknown_names(words, said, tmp_path, capsys):
    assert main(['export', *words, str(tmp_path / 'n.onnx')]) == 1
    assert re.search(said, capsys.readouterr().err)


@pytest.mark.parametrize('module, extra', [
    ('cv2', 'deploy'), ('yaml', 'deploy'), ('gradio', 'web')])
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
