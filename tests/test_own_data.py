"""docs/own_data.md, followed to the letter by a user: a five-keypoint creature.

Each command runs in a process of its own, from a folder that is not the project's, with
workers; only the number of epochs and the size of the data are not those of the document.
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
         'train_dataloader.batch_size=2', 'train_dataloader.num_workers=1']


def block(kind, beginning):
    """The document's one block of a kind that has a line with this beginning."""
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


def command(beginning):
    """The words of a command of the document, of a training of one epoch."""
    line, = [line for line in block('bash', 'mim train').splitlines()
             if line.startswith(beginning)]
    return line.split('#')[0].replace('epoch_30', 'epoch_1').split()


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    """The folder a reader would end up with: keypoints, config and data."""
    root = tmp_path_factory.mktemp('own')
    (root / 'creature_keypoints.py').write_text(block('python', 'dataset_info'))
    (root / 'creature.py').write_text(block('python', '_base_'))
    metainfo = dict(from_file=str(root / 'creature_keypoints.py'))
    for split in ('train', 'val'):
        generate(root / 'creature' / split, 4, image_size=(128, 128), persons=(1, 2),
                 metainfo=metainfo)
    return root


@pytest.fixture(scope='module')
def trained(work):
    """What the document's training says, and its folder ``work``."""
    return run([*command('mim train'), *SHORT], work)


def test_training(work, trained):
    assert 'coco/AP: ' in trained and (work / 'work' / 'epoch_1.pth').is_file()
    assert 'not installed' not in trained  # MMEngine's registries know erpose


def test_the_screen_shows_what_a_user_needs(work, trained):
    lines = [line for line in trained.splitlines() if 'pkg_resources' not in line]  # mim's
    assert len(lines) < 25, trained
    assert 'Hooks will be executed' in next(work.glob('work/*/*.log')).read_text()


def test_fine_tuning_from_an_alias_of_another_k(work):
    said = run([*command('mim train')[:4], '--work-dir', 'tuned', *SHORT,
                'load_from=erpose-n'], work)
    assert said.count('pose branch re-initialised: 5 keypoints, the checkpoint has 17') == 1
    assert 'pose branch starts at the mean pose' in said and 'size mismatch' not in said


def test_testing(work, trained):
    assert 'coco/AP: ' in run(command('mim test'), work)


def test_inference(work, trained):
    shutil.copy(work / 'creature/val/images/000001.jpg', work / 'photo.jpg')
    program = block('python', 'inferencer').replace('epoch_30', 'epoch_1')
    run([sys.executable, '-c', program.replace('out_dir', 'bbox_thr=0, out_dir') +
         "assert len(result['predictions'][0][0]['keypoints']) == 5"], work)
    assert (work / 'drawn' / 'visualizations' / 'photo.jpg').exists()


def test_environment(work):
    assert 'mmpose' in run(command('python -m'), work)
