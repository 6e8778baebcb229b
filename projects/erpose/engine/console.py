"""Shortens the log on the screen to data, progress and warnings.

Before the first step MMEngine logs the environment, the whole config, every hook and every
parameter, about 700 lines. The log file in the work folder keeps all of it.
"""
import functools
import logging
import re
from typing import Any

from mmengine.logging import MMLogger

DETAILS = re.compile('|'.join([
    r'\n-+\nSystem environment:',
    r'Config:\n',
    r'Hooks will be executed in the following order:',
    r'Distributed training is not used, all SyncBatchNorm',
    r'paramwise_options -- ',
    r'Exp name: ',
    r'"(FileClient|HardDiskBackend)" (will be|is the alias)',  # by MMEngine's own calls
    r'Loads checkpoint by ',  # the runner logs the loaded checkpoint
    r'The prefix is not set in metric class',
    r'Evaluating PoseMetric',
]))
"""Starts of messages that are only written to the log file."""


def show_essentials() -> None:
    """Makes new loggers hide details from the screen (idempotent)."""
    if getattr(MMLogger.__init__, '_erpose', False):
        return
    original = MMLogger.__init__

    @functools.wraps(original)
    def with_filter(self: MMLogger, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for handler in self.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(is_essential)

    with_filter.__dict__['_erpose'] = True
    MMLogger.__init__ = with_filter


def is_essential(record: logging.LogRecord) -> bool:
    """Whether a message is for the screen."""
    return not DETAILS.match(record.getMessage())
