import numpy as np
import pytest

from erpose.datasets.synthetic import generate
from erpose.deploy.export import export_onnx, load_network

SIZE = (128, 96)  # width, height: small and not square


@pytest.fixture(scope='session')
def network(shipped):
    """The shipped model, and its metadata."""
    return load_network(shipped['Config'], shipped['Weights'])


@pytest.fixture(scope='session')
def fixed_file(network, tmp_path_factory):
    path = tmp_path_factory.mktemp('onnx') / 'fixed.onnx'
    return export_onnx(*network, path, SIZE)


@pytest.fixture(scope='session')
def open_file(network, tmp_path_factory):
    path = tmp_path_factory.mktemp('onnx') / 'open.onnx'
    return export_onnx(*network, path, (128, 160), dynamic=True)


@pytest.fixture(scope='session')
def raw_file(shipped, tmp_path_factory):
    network, info = load_network(shipped['Config'], shipped['Weights'], raw=True)
    return export_onnx(network, info, tmp_path_factory.mktemp('onnx') / 'raw.onnx', SIZE)


@pytest.fixture(scope='session')
def crowd(tmp_path_factory):
    """Folder of four generated photographs."""
    root = tmp_path_factory.mktemp('crowd')
    generate(root, 4, seed=0, image_size=(160, 120), persons=(2, 3))
    return root / 'images'


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (100, 150, 3), dtype=np.uint8)
