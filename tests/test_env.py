"""The bug report's text."""
import subprocess
import sys


def test_report_names_versions_and_what_compat_did():
    text = subprocess.run([sys.executable, '-m', 'erpose.env'], capture_output=True,
                          text=True, check=True).stdout
    for word in ('python', 'torch', 'mmpose', 'erpose', 'compat', 'mmcv._ext',
                 'weights-only checkpoints'):
        assert word in text
