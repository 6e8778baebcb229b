"""README, docs, metafiles and configs agree."""
import subprocess
import sys
from pathlib import Path


def test_check_docs():
    script = Path(__file__).parents[2] / 'tools' / 'check_docs.py'
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
