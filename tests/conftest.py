"""What every test needs: erpose before mmpose, mmpose's registries, one thread. And how
much the reliability suites try, and what they say at the end."""
import erpose  # noqa: F401  # isort: skip  (its compat steps come before mmpose)
import contextlib
from collections import Counter
from pathlib import Path

import hypothesis
import pytest
import torch
from mmengine.registry import init_default_scope

from erpose import zoo
from toys import Toys

torch.set_num_threads(1)
init_default_scope('mmpose')
hypothesis.settings.register_profile('long', max_examples=2000)  # --hypothesis-profile


@pytest.fixture
def toys(tmp_path):
    """Four pictures of a toy with three keypoints."""
    return Toys(tmp_path)


@pytest.fixture(scope='session')
def shipped():
    """The zoo's entry of the checkpoint that comes with the project."""
    return next(m for m in zoo.models() if 'erpose-n' in m.get('Alias', []))


def pytest_addoption(parser):
    parser.addoption('--cases', type=int, default=150, metavar='N',
                     help='cases of each fuzzing test (default: %(default)s)')


class Tally:
    """What the suites of tests/reliability tried and lost, printed at the end."""

    def __init__(self):
        self.tried, self.lost, self.notes = Counter(), Counter(), []

    @contextlib.contextmanager
    def __call__(self, what):
        self.tried[what] += 1
        try:
            yield
        except BaseException:
            self.lost[what] += 1
            raise

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def tally(request):
    counts = Tally()
    yield counts
    request.node.user_properties.append(
        ('tally', (dict(counts.tried), dict(counts.lost), counts.notes)))


def pytest_terminal_summary(terminalreporter):
    tried, lost, notes = Counter(), Counter(), []
    failed = {report.nodeid for kind in ('failed', 'error')
              for report in terminalreporter.stats.get(kind, [])}
    for report in sum(terminalreporter.stats.values(), []):
        if getattr(report, 'when', None) != 'teardown':
            continue
        for name, value in report.user_properties:
            if name == 'tally':
                tried.update(value[0])
                lost.update(value[1])
                notes.extend(value[2])
            elif name == 'outcomes':  # of a fuzzing test, which ends at the first loss
                suite = Path(report.nodeid.split('::')[0]).stem
                tried.update({f'{suite}: {how}': n for how, n in value.items()})
                lost[f'{suite}: {", ".join(value)}'] += report.nodeid in failed
    lost = +lost
    if tried:
        terminalreporter.section('tried and lost')
        for what in sorted({*tried, *lost}):
            terminalreporter.write_line(
                f'{tried[what]:6} tried {lost[what]:3} lost  {what}')
        for note in notes:
            terminalreporter.write_line(note)
