"""Data, limits and counts of the reliability suites."""
import contextlib
import signal

import pytest

from erpose.datasets.synthetic import generate

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


@pytest.fixture(scope='session')
def cases(request) -> int:
    return request.config.getoption('--cases')


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
