"""What every test needs: erpose before mmpose, mmpose's registries, one thread."""
import erpose  # noqa: F401  # isort: skip  (its compat steps come before mmpose)
import pytest
import torch
from mmengine.registry import init_default_scope

from erpose import zoo

torch.set_num_threads(1)
init_default_scope('mmpose')


@pytest.fixture(scope='session')
def shipped():
    """The zoo's entry of the checkpoint that comes with the project."""
    return next(m for m in zoo.models() if 'erpose-n' in m.get('Alias', []))
