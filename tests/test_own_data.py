"""The steps of docs/own_data.md, run exactly: a creature of five keypoints.

`erpose init` writes the files and prints the commands that the document shows. Each command
runs in a process of its own, outside the project's folder, with workers; only the number of
epochs and the size of the data differ from the document.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from erpose.datasets.synthetic import generate

DOCUMENT = Path(__file__).parents[1] / 'docs' / 'own_data.md'
BLOCKS = re.findall(r'```(\w+)\n(.*?)```', DOCUMENT.read_text(), re.S)
SHORT = ['--cfg-options', 'train_cfg.max_epochs=1', 'train_cfg.val_interval=1',
         'train_dataloader.num_workers=1']


def block(kind, beginning):
    """Returns the document's only block of a language with a line of this beginning."""
    found = [text for language, text in BLOCKS if language == kind
             and any(line.startswith(beginning) for line in text.splitlines())]
    assert len(found) == 1
    return found[0]


def run(command, cwd):
    binaries = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True,
                          env=dict(os.environ, PATH=binaries))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def shell(commands, cwd):
    """Runs commands in a shell."""
    return run(['bash', '-ec', '\n'.join(commands)], cwd)


def without_numbers(config):
    """Masks numbers: images, epochs and batches depend on the size of the data set."""
    return re.sub(r'\d+', 'N', config)


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    """The folder of a user who has the data set."""
    root = tmp_path_factory.mktemp('own')
    (root / 'keypoints.py').write_text(block('python', 'dataset_info'))
    metainfo = dict(from_file=str(root / 'keypoints.py'))
    for split in ('train', 'val'):
        generate(root / 'creature' / split, 4, image_size=(128, 128), persons=(1, 2),
                 metainfo=metainfo)
    return root


@pytest.fixture(scope='module')
def commands(work):
    """The commands that `erpose init` prints, for a training of one epoch."""
    lines = [line.split('#')[0].strip()
             for line in block('bash', 'erpose init').splitlines()]
    said = run(lines[1].split(), work)
    printed = [line.strip() for line in said.split('next steps:')[1].strip().splitlines()]
    assert printed == lines[2:]
    enter, dry_run, train, test = printed
    return dict(enter=enter, test=test.replace('epoch_200', 'epoch_1'),
                dry_run=f'{dry_run} --steps 3 {" ".join(SHORT)}',
                train=f'{train} {" ".join(SHORT)}', environment=lines[0])


@pytest.fixture(scope='module')
def trained(work, commands):
    """Output of the training in ``own_data/work``."""
    return shell([commands['enter'], commands['train']], work)


def test_the_document_shows_what_is_written(work, commands):
    written = work / 'own_data'
    assert (written / 'creature_keypoints.py').read_text() == block(
        'python', 'dataset_info')
    assert without_numbers((written / 'creature.py').read_text()) == without_numbers(
        block('python', '_base_'))


@pytest.mark.slow
def test_dry_run(work, commands):
    said = shell([commands['enter'], commands['dry_run']], work)
    assert 'data: 4 training images, 4 validation images' in said


def test_training(work, trained):
    assert 'coco/AP: ' in trained and (work / 'own_data/work/epoch_1.pth').is_file()
    assert 'not installed' not in trained  # MMEngine's registries know erpose
    assert trained.count('pose branch re-initialised: 5 keypoints, the checkpoint has 17'
                         ) == 1
    assert 'pose branch starts at the mean pose' in trained
    assert 'size mismatch' not in trained


def test_the_screen_shows_what_a_user_needs(work, trained):
    lines = [line for line in trained.splitlines() if 'pkg_resources' not in line]  # mim's
    assert len(lines) < 25, trained
    assert 'Hooks will be executed' in next(
        work.glob('own_data/work/*/*.log')).read_text()


@pytest.mark.slow
def test_testing(work, trained, commands):
    assert 'coco/AP: ' in shell([commands['enter'], commands['test']], work)


@pytest.mark.slow
def test_inference(work, trained):
    folder = work / 'own_data'
    shutil.copy(work / 'creature/val/images/000001.jpg', folder / 'photo.jpg')
    program = block('python', 'inferencer').replace('epoch_200', 'epoch_1')
    run([sys.executable, '-c', program.replace('out_dir', 'bbox_thr=0, out_dir') +
         "assert len(result['predictions'][0][0]['keypoints']) == 5"], folder)
    assert (folder / 'drawn' / 'visualizations' / 'photo.jpg').exists()


def test_environment(work, commands):
    assert 'mmpose' in run(commands['environment'].split(), work)
