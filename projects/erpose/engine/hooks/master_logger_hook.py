"""One process writes the metrics of a test."""
from typing import Dict, Optional

from mmengine.dist import master_only
from mmengine.hooks import LoggerHook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class MasterLoggerHook(LoggerHook):
    """``LoggerHook`` for a test in several processes: only rank 0 writes the metrics.

    In MMEngine 0.10 every process writes them, at the same time, to the same file. Its
    lengths of time differ, so that the end of a longer text may follow a shorter one, and
    the file is no JSON any more.
    """

    @master_only
    def after_test_epoch(self, runner: Runner,
                         metrics: Optional[Dict[str, float]] = None) -> None:
        super().after_test_epoch(runner, metrics)
