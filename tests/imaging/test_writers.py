import csv
import json
import locale
import subprocess
import sys

import cv2
import numpy as np
import pytest

from erpose.imaging import Frame, People, frames
from erpose.imaging.writers import Drawings, Records, keep

PEOPLE = People(np.array([[[1, 2], [5, 9]]], np.float32), np.array([[0.25, 0.75]]),
                np.array([0.9]), np.array([[1, 2, 5, 9]], np.float32))


def rows(records, path):
    records.write_csv(path)
    with open(path, newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def test_csv_columns_hold_what_they_are_called(tmp_path):
    records = Records(['nose', 'tail'])
    records.add(Frame(None, 'clip.mp4', 7, 10.0), PEOPLE)
    row, = rows(records, tmp_path / 'p.csv')
    assert row == dict(image='clip.mp4#7', score='0.9', x='1.0', y='2.0', width='4.0',
                       height='7.0', nose_x='1.0', nose_y='2.0', nose_visibility='0.25',
                       tail_x='5.0', tail_y='9.0', tail_visibility='0.75')


def test_ids_in_csv_and_json(tmp_path):
    records = Records(['nose', 'tail'])
    records.add(Frame(None, 'a.jpg'), PEOPLE)  # a picture among videos has none
    records.add(Frame(None, 'clip.mp4', 0, 10.0), PEOPLE.replace(ids=np.array([4])))
    picture, tracked = rows(records, tmp_path / 'p.csv')
    assert (picture['track_id'], tracked['track_id']) == ('', '4')
    assert picture['tail_visibility'] == tracked['tail_visibility'] == '0.75'
    assert [person.get('track_id') for person in records.people] == [None, 4]


@pytest.mark.parametrize('name', ['Füße.jpg', '写真.jpg', 'raw\udcff.jpg'])
def test_csv_is_utf8_whatever_the_locale(name, tmp_path, monkeypatch):
    monkeypatch.setattr(locale, 'getpreferredencoding', lambda *_: 'ascii')
    monkeypatch.setattr(locale, 'getencoding', lambda: 'ascii', raising=False)
    records = Records(['Zehe'])
    records.add(Frame(None, name), PEOPLE)
    records.write_csv(tmp_path / 'p.csv')
    assert name.encode('utf-8', 'surrogateescape') in (tmp_path / 'p.csv').read_bytes()
    records.write_json(tmp_path / 'p.json')
    assert json.loads((tmp_path / 'p.json').read_bytes())[0]['image_id'] == name


def test_csv_in_a_process_of_another_locale(tmp_path):
    code = ('import numpy as np\nfrom erpose.imaging import Frame, People\n'
            'from erpose.imaging.writers import Records\n'
            'records = Records(["nose"])\n'
            'people = People(np.zeros((1, 1, 2)), np.ones((1, 1)), np.ones(1), '
            'np.zeros((1, 4)))\n'
            'records.add(Frame(None, "F\\u00fc\\u00dfe.jpg"), people)\n'
            'from pathlib import Path\nrecords.write_csv(Path("p.csv"))')
    import os
    environment = dict(os.environ, LC_ALL='C', PYTHONCOERCECLOCALE='0')
    subprocess.run([sys.executable, '-X', 'utf8=0', '-c', code], cwd=tmp_path, check=True,
                   env=environment)
    assert 'Füße.jpg' in (tmp_path / 'p.csv').read_text(encoding='utf-8')


def test_a_folder_that_vanished_is_made_again(tmp_path):
    path = tmp_path / 'gone' / 'p.json'
    assert keep(path, lambda p: p.write_text('{}')) == path
    assert path.read_text() == '{}'


def test_a_result_that_cannot_be_written_is_kept_elsewhere(tmp_path, capsys):
    (tmp_path / 'file').touch()
    path = tmp_path / 'file' / 'p.json'
    spare = keep(path, lambda p: p.write_text('{}'))
    assert spare.read_text() == '{}' and spare.name == 'p.json'
    assert f'{path}: ' in (said := capsys.readouterr().err) and str(spare) in said


def test_an_earlier_result_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / 'p.json'
    path.write_text('before')

    def disk_full(part):
        part.write_text('ha')
        if part.parent == tmp_path:
            raise OSError(28, 'No space left on device')

    spare = keep(path, disk_full)
    assert path.read_text() == 'before' and spare.read_text() == 'ha'


def test_a_device_is_written_to(tmp_path):
    import os
    fifo = tmp_path / 'pipe'
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    assert keep(fifo, lambda p: p.write_text('{}')) == fifo
    assert os.read(reader, 10) == b'{}' and not fifo.is_file()
    os.close(reader)


def test_a_picture_too_large_for_its_format(tmp_path):
    drawings = Drawings(tmp_path)
    with pytest.raises(ValueError, match=r'a\.webp: OpenCV cannot write this image'):
        drawings.add(Frame(None, 'a.webp'), np.zeros((2, 20000, 3), np.uint8))


def test_drawings_go_on_in_a_folder_that_vanished(tmp_path):
    drawings = Drawings(tmp_path / 'out')
    (tmp_path / 'out').rmdir()
    drawings.add(Frame(None, 'IMG_1.heic'), np.zeros((8, 8, 3), np.uint8))
    assert cv2.imread(str(tmp_path / 'out' / 'IMG_1.png')).shape == (8, 8, 3)


def test_a_stream_that_changes_its_size(tmp_path):
    drawings = Drawings(tmp_path)
    for index, side in enumerate((64, 32)):
        drawings.add(Frame(None, 'a.mp4', index, 25.0), np.zeros((side, side, 3), np.uint8))
    drawings.close()
    assert [f.image.shape for f in frames(str(tmp_path / 'a.mp4'))] == [(64, 64, 3)] * 2
