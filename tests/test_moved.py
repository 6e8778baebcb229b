"""Modules under their names of version 0.1."""
import sys
from importlib import import_module

import pytest

from erpose.moved import MOVED


@pytest.mark.parametrize('old', MOVED)
def test_old_names_are_the_modules_of_today(old, monkeypatch):
    monkeypatch.delitem(sys.modules, old, raising=False)
    with pytest.warns(DeprecationWarning, match=f'{old} has moved to {MOVED[old]}'):
        module = import_module(old)
    assert module is import_module(MOVED[old])
    assert module.__spec__.name == MOVED[old]


def test_other_missing_modules_are_missing():
    with pytest.raises(ModuleNotFoundError):
        import_module('erpose.deploy.nowhere')


def test_deploy_letterbox_is_a_function_and_a_module():
    import erpose.deploy
    function = erpose.deploy.letterbox
    module = import_module('erpose.deploy.letterbox')
    assert module.letterbox is function is erpose.deploy.letterbox
