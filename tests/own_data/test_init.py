"""Which files are written where, and that nothing is overwritten."""
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from own_toys import pictures

import erpose
from erpose.cli import main
from erpose.own_data.config import batch_size, num_epochs
from erpose.own_data.init import _name
from toys import POSE, toy


def write(path, number=4):
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures(*(path.parent / f'{i}.jpg' for i in range(1, number + 1)))
    path.write_text(json.dumps(dict(
        images=[dict(id=i, file_name=f'{i}.jpg') for i in range(1, number + 1)],
        annotations=[toy(i) for i in range(1, number + 1)])))


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_nothing_of_the_stack_is_loaded(tmp_path):
    write(tmp_path / 'a.json')
    program = ('import sys; from erpose.cli import main; '
               'assert main(["init", "a.json"]) == 0; '
               'assert not {"torch", "mmengine", "mmpose", "mmdet"} & {*sys.modules}')
    done = subprocess.run(
        [sys.executable, '-c', program], cwd=tmp_path, capture_output=True, text=True,
        env=dict(PYTHONPATH=str(Path(erpose.__file__).parents[1])))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'a/a.py').is_file()


def test_nothing_is_overwritten(init):
    write(init.folder / 'a.json')
    assert init('a.json') == 0
    for path in init.folder.glob('out/*.py'):
        path.write_text('mine')
    before = files(init.folder)
    assert init('a.json') == 1
    assert 'out.py, ' in init.error and 'Overwrite them with --force' in init.error
    assert files(init.folder) == before
    assert init('a.json', '--force') == 0
    assert 'mine' not in (init.folder / 'out/out.py').read_text()


def test_the_data_set_is_refused_as_output(init):
    write(init.folder / 'out/annotations/train.json')
    before = files(init.folder)
    assert init('out/annotations/train.json', '--force') == 1
    assert 'is part of the data set' in init.error and files(init.folder) == before


def test_the_split_is_the_same_each_time(init):
    write(init.folder / 'a.json', 40)

    def split():
        return [{i['file_name'] for i in json.loads(path.read_text())['images']}
                for path in sorted(init.folder.glob('out/annotations/*.json'))]
    assert init('a.json') == 0
    assert 'no validation set: 4 of 40 images are used' in init.said
    train, val = split()
    assert len(val) == 4 and len(train) == 36 and not train & val
    content = json.loads((init.folder / 'a.json').read_text())
    content['images'].reverse()
    for image in content['images']:
        image['id'] = 100 - image['id']
    for ann in content['annotations']:
        ann['image_id'] = 100 - ann['image_id']
    (init.folder / 'a.json').write_text(json.dumps(content))
    assert init('a.json', '--force') == 0 and split() == [train, val]


@pytest.mark.parametrize('path, name', [
    ('creature.json', 'creature'),
    ('creature/data.yaml', 'creature'),
    ('creature/train/_annotations.coco.json', 'creature'),
    ('creature/annotations/person_keypoints_train2017.json', 'creature'),
    ('Horse & cart.v1i.coco/annotations.json', 'Horse_cart_v1i_coco'),
    ('coco8-pose.yaml', 'coco8-pose'),
    ('data/images/annotations.json', 'own_data'),
    ('data/labels/été.json', 't'),
])
def test_name(path, name, tmp_path):
    path = tmp_path / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert _name(path) == name


def test_the_default_folder_is_not_the_data_sets(init, capsys):
    write(init.folder / 'creature/train.json')
    assert main(['init', 'creature/train.json']) == 0
    assert (init.folder / 'own_data/creature.py').is_file()
    assert len(list((init.folder / 'creature').iterdir())) == 5


@pytest.mark.parametrize('number, batch, epochs', [
    (1, 1, 200), (2, 1, 200), (3, 1, 200), (5, 2, 200), (20, 8, 200), (31, 8, 200),
    (32, 16, 200), (1000, 16, 50), (118287, 16, 30)])
def test_batches_are_not_larger_than_the_data_set(number, batch, epochs):
    assert batch_size(number) == batch and num_epochs(number) == epochs


def test_the_schedule_is_as_long_as_the_training(init):
    write(init.folder / 'a.json', 3)
    assert init('a.json') == 0
    config = init.config()
    assert config.train_dataloader.batch_size == 1 and config.train_dataloader.drop_last
    assert config.param_scheduler[1].end == config.param_scheduler[1].T_max == \
        config.train_cfg.max_epochs == 200
    assert config.default_hooks.checkpoint.interval == config.train_cfg.val_interval
    assert f'work/epoch_{config.train_cfg.max_epochs}.pth' in init.said
    assert config.load_from == 'erpose-n' and config.model.head.type == 'ERPoseHead'
    assert config.custom_imports.imports == ['erpose']


def test_both_move_together(init):
    write(init.folder / 'there/a.json')
    assert init('there/a.json') == 0
    moved = init.folder / 'moved'
    moved.mkdir()
    for name in ('there', 'out'):
        (init.folder / name).rename(moved / name)
    init.folder = moved
    assert [len(data) for data in init.load()] == [3, 1]


@pytest.mark.parametrize('words, said', [
    (['none.json'], 'none.json does not exist'),
    (['1.jpg'], '1.jpg is not a data set'),
    (['.', '--val', 'none'], 'none does not exist'),
    (['a.json', '--images', '1.jpg'], '1.jpg is a file, expected a folder'),
    (['a.json', '--out', '1.jpg'], 'cannot write to 1.jpg .* --out'),
])
def test_errors(words, said, init, capsys):
    write(init.folder / 'a.json')
    before = files(init.folder)
    assert main(['init', *words]) == 1
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert re.search(said, error) and files(init.folder) == before


def test_what_a_training_will_skip_is_reported(init):
    write(init.folder / 'a.json')
    content = json.loads((init.folder / 'a.json').read_text())
    content['images'].append(dict(id=9, file_name='gone.jpg'))
    content['annotations'] += [dict(toy(9, id=9)), dict(toy(1, id=10), keypoints=POSE[:4]),
                               dict(toy(1, id=11), image_id=[1]), 5]
    (init.folder / 'a.json').write_text(json.dumps(content))
    assert init('a.json') == 0
    assert 'skipped 1 x image: not found' in init.said
    assert 'not a multiple of 3' in init.said
    assert 'skipped 2 x annotation: no integer image_id' in init.said
