"""Options, data and the summary of the reliability suites."""
import contextlib
import signal
from collections import Counter
from pathlib import Path

import pytest

from erpose.datasets.synthetic import generate

SHORT = 150
"""Cases of each fuzzing test in `make test`; `make fuzz` sets more."""

METAINFO = dict(
    dataset_name='three',
    paper_info=dict(),
    keypoint_info={
        i: dict(name=n, id=i, color=[0, 255, 0], type='', swap=s)
        for i, (n, s) in enumerate([('top', ''), ('left', 'right'), ('right', 'left')])
    },
    skeleton_info={0: dict(link=('top', 'left'), id=0, color=[0, 255, 0])},
    joint_weights=[1.0] * 3,
    sigmas=[0.05] * 3)


def pytest_addoption(parser):
    parser.addoption('--cases', type=int, default=SHORT, metavar='N',
                     help=f'cases of each fuzzing test (default: {SHORT})')


@pytest.fixture(scope='session')
def cases(request) -> int:
    return request.config.getoption('--cases', default=SHORT)


@pytest.fixture(scope='session')
def metainfo() -> dict:
    """Of three keypoints."""
    return METAINFO


@pytest.fixture(scope='session')
def crowd(tmp_path_factory):
    """A generated set of three keypoints: its folder, and its annotations."""
    root = tmp_path_factory.mktemp('hostile') / 'crowd'
    return root, generate(root, 3, seed=0, image_size=(64, 48), persons=(2, 3),
                          metainfo=METAINFO)


@contextlib.contextmanager
def within(seconds: float):
    """Raises TimeoutError where the block takes longer (POSIX; elsewhere it does not)."""
    if not hasattr(signal, 'SIGALRM'):
        yield
        return

    def late(*_):
        raise TimeoutError(f'not done after {seconds} seconds')

    before, left = signal.signal(signal.SIGALRM, late), signal.alarm(0)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope='session')
def time_limit():
    return within


@pytest.fixture
def outcomes(record_property) -> dict:
    """Counts the cases of a fuzzing test by outcome, for the summary."""
    counts = {}  # a plain one: it travels between processes
    record_property('outcomes', counts)
    return counts


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
