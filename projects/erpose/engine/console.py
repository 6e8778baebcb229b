"""What a training shows on the screen: its data, its progress, what is wrong.

MMEngine logs the environment, the whole config, every hook and every parameter before the
first step, some 700 lines. The log file of the work folder keeps all of it.
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
    r'"(FileClient|HardDiskBackend)" (will be|is the alias)',  # MMEngine calls itself so
    r'Loads checkpoint by ',  # the runner says so once it is loaded
    r'The prefix is not set in metric class',
    r'Evaluating PoseMetric',
]))
"""Beginnings of the messages for the log file alone."""


def show_essentials() -> None:
    """Loggers made from now on keep details from the screen (idempotent)."""
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
