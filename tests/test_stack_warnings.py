"""Silenced warnings of PyTorch and OpenMMLab, and those that stay."""
import sys
import warnings

import pytest

from erpose import stack_warnings


@pytest.mark.parametrize('category, message, silent', [
    (UserWarning, 'pkg_resources is deprecated as an API. See https://setuptools', True),
    (FutureWarning, '`torch.cuda.amp.autocast(args...)` is deprecated.', True),
    (FutureWarning, '`torch.cuda.amp.GradScaler(args...)` is deprecated.', True),
    (UserWarning, 'torch.meshgrid: in an upcoming release, it will be required', True),
    (UserWarning, "'pin_memory' argument is set as true but no accelerator is found", True),
    (UserWarning, 'The metainfo config file "a.py" does not exist. A matched config file '
     '"b.py" will be used instead.', True),
    (UserWarning, 'a keypoint is missing', False),
    (FutureWarning, 'torch.something else', False),
])
@pytest.mark.parametrize('options', [[], ['error']], ids=['by default', 'with -W'])
def test_silence(category, message, silent, options, monkeypatch):
    monkeypatch.setattr(sys, 'warnoptions', options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        stack_warnings.silence()
        warnings.warn(message, category)
    assert bool(caught) != (silent and not options)
