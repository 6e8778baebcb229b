import pytest
from own_toys import Init


@pytest.fixture
def init(tmp_path, capsys, monkeypatch):
    """The command `erpose init`, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Init(tmp_path, capsys)
