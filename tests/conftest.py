"""What every test needs: erpose before mmpose, mmpose's registries, one thread. And how
much the reliability suites try."""
import erpose  # noqa: F401  # isort: skip  (its compat steps come before mmpose)
import hypothesis
import pytest
import torch
from mmengine.registry import init_default_scope

from erpose import zoo
from toys import Toys

torch.set_num_threads(1)
init_default_scope('mmpose')
hypothesis.settings.register_profile('long', max_examples=2000)  # --hypothesis-profile


@pytest.fixture
def toys(tmp_path):
    """Four pictures of a toy with three keypoints."""
    return Toys(tmp_path)


@pytest.fixture(scope='session')
def shipped():
    """The zoo's entry of the checkpoint that comes with the project."""
    return next(m for m in zoo.models() if 'erpose-n' in m.get('Alias', []))


def pytest_addoption(parser):
    parser.addoption('--cases', type=int, default=150, metavar='N',
                     help='cases of each fuzzing test (default: %(default)s)')
