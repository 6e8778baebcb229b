"""What every test needs: erpose before mmpose, mmpose's registries, one thread. And how
much the reliability suites try, and what they say at the end."""
import erpose  # noqa: F401  # isort: skip  (its compat steps come before mmpose)
from collections import Counter
from pathlib import Path

import pytest
import torch
from mmengine.registry import init_default_scope

from erpose import zoo

torch.set_num_threads(1)
init_default_scope('mmpose')


@pytest.fixture(scope='session')
def shipped():
    """The zoo's entry of the checkpoint that comes with the project."""
    return next(m for m in zoo.models() if 'erpose-n' in m.get('Alias', []))


def pytest_addoption(parser):
    parser.addoption('--cases', type=int, default=150, metavar='N',
                     help='cases of each fuzzing test (default: %(default)s)')


def pytest_terminal_summary(terminalreporter):
    """What the hostile suites tried and lost: a lost case is a failure."""
    tried, lost = Counter(), Counter()
    for kind in ('passed', 'failed', 'error'):
        for report in terminalreporter.getreports(kind):
            suite = Path(report.nodeid.split('::')[0]).stem
            if suite.startswith('test_hostile_'):
                outcomes = dict(report.user_properties).get('outcomes') or {'tables': 1}
                tried.update({(suite, how): n for how, n in outcomes.items()})
                lost[suite] += kind != 'passed'
    for suite in sorted({suite for suite, _ in tried}):
        counts = {how: n for (name, how), n in tried.items() if name == suite}
        said = ', '.join(f'{n} {how}' for how, n in sorted(counts.items()))
        terminalreporter.write_line(
            f'{suite}: {sum(counts.values())} cases tried ({said}), {lost[suite]} lost')
