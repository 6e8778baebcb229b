"""Trains a config: MMPose's tools/train.py with ``--data-root DIR`` for the data sets."""
import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose.engine.mmpose_tools import run_mmpose_tool

if __name__ == '__main__':
    run_mmpose_tool('train.py')
