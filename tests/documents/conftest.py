"""What a reader has: erpose installed, a folder with pictures, a video and data sets."""
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import cv2
import pytest
from document_blocks import ROOT

from erpose import zoo
from erpose.datasets.synthetic import generate

MIM = '#!/bin/sh\nexec python -m mim "$@"\n'


@pytest.fixture(scope='session')
def wheel(tmp_path_factory):
    """The wheel of `pip install .`, built from links: building leaves files behind."""
    source = tmp_path_factory.mktemp('source')
    shutil.copytree(ROOT / 'projects', source / 'projects', ignore=shutil.ignore_patterns(
        '.mim', '*.egg-info', '__pycache__'))
    for name in ('setup.py', 'setup.cfg', 'pyproject.toml', 'README.md', 'LICENSE',
                 'model-index.yml', 'configs', 'tools', 'checkpoints'):
        (source / name).symlink_to(ROOT / name)
    subprocess.run([sys.executable, '-m', 'pip', 'wheel', '.', '--no-deps',
                    '--no-build-isolation', '--no-index', '-q', '-w', 'dist'],
                   cwd=source, check=True)
    path, = (source / 'dist').glob('*.whl')
    return path


def environment(folder: Path, wheel: Path) -> Path:
    """Site-packages of a virtual environment with only the wheel."""
    venv.create(folder, symlinks=True)
    python = folder / 'bin' / 'python'
    subprocess.run([sys.executable, '-m', 'pip', '-q', '--python', python, 'install',
                    '--no-deps', '--no-index', '--no-compile', wheel], check=True)
    return Path(sysconfig.get_path('purelib', vars=dict(base=folder, platbase=folder)))


@pytest.fixture(scope='session')
def plain(wheel, tmp_path_factory):
    """Commands of `pip install .`: the wheel, then the packages of the environment here."""
    folder = tmp_path_factory.mktemp('plain')
    site = environment(folder, wheel)
    (site / 'packages.pth').write_text(sysconfig.get_path('purelib'))
    (folder / 'bin' / 'mim').write_text(MIM)
    (folder / 'bin' / 'mim').chmod(0o755)
    return folder / 'bin'


@pytest.fixture(scope='session')
def bare(wheel, tmp_path_factory):
    """Commands of an environment with the wheel and its requirements, numpy and Pillow."""
    folder = tmp_path_factory.mktemp('bare')
    site = environment(folder, wheel)
    for name in ('numpy', 'pillow'):
        package = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in package.files} - {'..', '__pycache__'}:
            (site / top).symlink_to(package.locate_file(top))
    return folder / 'bin'


@pytest.fixture(scope='session')
def installed(request):
    """Maps the name of an installation to its folder of commands and its variables."""
    def find(name):
        if name == 'editable':
            return Path(sys.executable).parent, {}
        return request.getfixturevalue(name), dict(PYTHONPATH='')
    return find


@pytest.fixture
def reader(tmp_path_factory, crowd):
    """A reader's folder: a checkout's tools, pictures, a video, data sets, models."""
    folder = tmp_path_factory.mktemp('home') / 'reader'
    folder.mkdir()
    for name in ('tools', 'configs', 'checkpoints'):
        (folder / name).symlink_to(ROOT / name)
    data = folder / 'data'
    for name in ('val', 'coco-mini/val', 'data/coco-mini/val', 'data/coco-mini/train',
                 'data/lsp/train', 'data/lsp/val', 'data/lsp/val_scenes',
                 'data/synthetic/train', 'data/synthetic/val'):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(crowd)
    for split in ('train', 'val'):
        (data / 'coco' / 'annotations').mkdir(parents=True, exist_ok=True)
        (data / f'coco/{split}2017').symlink_to(crowd / 'images')
        (data / f'coco/annotations/person_keypoints_{split}2017.json').symlink_to(
            crowd / 'annotations.json')
    for name in ('photos', 'folder', 'images'):
        (folder / name).symlink_to(crowd / 'images')
    (folder / 'annotations.json').symlink_to(crowd / 'annotations.json')
    shutil.copy(crowd / 'images' / '000001.jpg', folder / 'photo.jpg')
    shutil.copy(crowd / 'video.mp4', folder)
    shutil.copy(zoo.onnx_file('erpose-n'), folder / 'erpose-n.onnx')
    os.symlink(zoo.checkpoint('erpose-n'), folder / 'epoch_300.pth')
    return folder


@pytest.fixture(scope='session')
def crowd(tmp_path_factory):
    """A generated data set of four pictures, and a video of them."""
    folder = tmp_path_factory.mktemp('crowd')
    generate(folder, 4, image_size=(160, 128), persons=(2, 3))
    (folder / 'annotations_coco17.json').symlink_to(folder / 'annotations.json')
    video = cv2.VideoWriter(str(folder / 'video.mp4'), cv2.VideoWriter_fourcc(*'mp4v'), 10,
                            (160, 128))
    for path in sorted((folder / 'images').iterdir()):
        video.write(cv2.imread(str(path)))
    video.release()
    return folder
