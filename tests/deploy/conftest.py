import numpy as np
import pytest

from erpose.datasets.synthetic import generate
from erpose.deploy.export import export_onnx, load_network


@pytest.fixture(scope='session')
def network(shipped):
    """The shipped model, and its metadata."""
    return load_network(shipped['Config'], shipped['Weights'])


@pytest.fixture(scope='session')
def open_file(network, made_once):
    """An exported file of open size."""
    return made_once('open.onnx', lambda path: export_onnx(
        *network, path, (128, 160), dynamic=True))


@pytest.fixture(scope='session')
def raw_file(shipped, made_once):
    """A raw file of the fixed file's size."""
    return made_once('raw.onnx', lambda path: export_onnx(
        *load_network(shipped['Config'], shipped['Weights'], raw=True), path, (160, 128)))


@pytest.fixture(scope='session')
def crowd(tmp_path_factory):
    """Folder of four generated photographs."""
    root = tmp_path_factory.mktemp('crowd')
    generate(root, 4, seed=0, image_size=(160, 120), persons=(2, 3))
    return root / 'images'


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (100, 150, 3), dtype=np.uint8)
