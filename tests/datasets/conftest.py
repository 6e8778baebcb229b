import pytest
from toys import Toys


@pytest.fixture
def toys(tmp_path):
    """Four pictures of a toy with three keypoints."""
    return Toys(tmp_path)
