"""tools/experiment.py trains, tests, reports, and does nothing twice.

First in a process of its own, as a user runs it; then in this process, where only its
trainings and tests have their own.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from erpose import zoo
from erpose.datasets.synthetic import generate

PLAN = '''
title: Two decoders of one model
systems:
  - name: NMS-free
    config: erpose/erpose-n_1xb16-30e_synthetic-320x320.py
    options:
      train_cfg.max_epochs: 1
      train_cfg.val_interval: 1
      train_dataloader.batch_size: 2
      train_dataloader.num_workers: 0
      train_dataloader.persistent_workers: false
      val_dataloader.num_workers: 0
      val_dataloader.persistent_workers: false
      test_dataloader.num_workers: 0
      test_dataloader.persistent_workers: false
  - name: OKS-NMS
    weights_of: NMS-free
    test_options: {model.test_cfg.oks_nms: true}
tests:
  synthetic/val: {}
'''


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('experiment')
    for split in ('train', 'val'):
        generate(root / 'data/synthetic' / split, 4, seed=0, image_size=(128, 128),
                 persons=(1, 2))
    (root / 'two.yml').write_text(PLAN)
    return root


def arguments(root, plan='two.yml'):
    return plan, '--work-dir', 'out', '--data-root', str(root / 'data')


def commands(said):
    """The output before the report."""
    return said.split('# Two decoders')[0]


@pytest.fixture(scope='module')
def first(root):
    done = subprocess.run(
        [sys.executable, str(zoo.root() / 'tools/experiment.py'), *arguments(root)],
        cwd=root, capture_output=True, text=True,
        env=dict(os.environ, PYTHONWARNINGS='ignore'))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def experiment(root, first):
    """The folder of a finished experiment."""
    return root


@pytest.fixture
def run(root, tool, monkeypatch):
    """Runs the experiment, or another plan, again, and returns the output."""
    monkeypatch.chdir(root)
    return lambda plan='two.yml': tool('experiment.py', *arguments(root, plan))


@pytest.mark.slow
def test_from_nothing_to_the_table_and_not_twice(experiment, first, run):
    assert commands(first).count('tools/train.py') == 1
    assert commands(first).count('tools/test.py') == 2
    assert '--resume' not in commands(first)  # MMPose's --resume drops a config's load_from
    report = (experiment / 'out/two/report.md').read_text()
    rows = [line for line in report.splitlines() if line.startswith('| NMS-free')]
    assert len(rows) == 3  # metrics, speed, runs
    assert len([line for line in report.splitlines() if '| OKS-NMS' in line]) == 2
    assert (experiment / 'out/two/ap_epoch.png').stat().st_size > 1000
    results = json.loads((experiment / 'out/two/results.json').read_text())
    trained, = results['systems']['NMS-free']['runs']
    assert trained['tested'] == [trained['record']['commit']]
    assert trained['record']['seed'] == 0 and trained['curve'][0][0] == 1
    assert set(trained['metrics']) == {'synthetic/val'}
    assert str(experiment) not in report and str(Path(__file__).parents[2]) not in report

    folder = experiment / 'out/two/nms-free/seed_0'
    record = json.loads((folder / 'record.json').read_text())
    assert record['trained'] and record['train_seconds'] > 1 and record['versions']['torch']
    assert len(record['data_sha256']['synthetic/val/annotations.json']) == 64
    before = {p: p.stat().st_mtime_ns for p in folder.rglob('*') if p.is_file()}

    assert 'python ' not in commands(run())
    assert before == {p: p.stat().st_mtime_ns for p in folder.rglob('*') if p.is_file()}


def test_a_missing_test_set_is_reported_before_training(root, run, capsys):
    plan = PLAN + "  other: {test_dataloader.dataset.ann_file: nowhere.json}\n"
    (root / 'other.yml').write_text(plan)
    with pytest.raises(SystemExit, match='nowhere.json of test_dataloader is missing'):
        run('other.yml')
    assert 'tools/train.py' not in capsys.readouterr().out
    assert not (root / 'out/other').exists()


@pytest.mark.slow
def test_other_options_are_not_mixed_in(experiment, run):
    plan = experiment / 'two.yml'
    plan.write_text(PLAN.replace('batch_size: 2', 'batch_size: 1'))
    try:
        with pytest.raises(SystemExit, match='batch_size=1.*move the folder away'):
            run()
    finally:
        plan.write_text(PLAN)


@pytest.mark.slow
def test_other_data_is_not_mixed_in(experiment, run):
    annotations = experiment / 'data/synthetic/train/annotations.json'
    text = annotations.read_text()
    annotations.write_text(text + ' ')
    try:
        with pytest.raises(SystemExit, match='data_sha256'):
            run()
    finally:
        annotations.write_text(text)


@pytest.mark.slow
def test_a_run_of_another_commit_is_kept_and_named(experiment, run):
    record = experiment / 'out/two/nms-free/seed_0/record.json'
    text = record.read_text()
    record.write_text(json.dumps(dict(json.loads(text), commit='abc1234')))
    try:
        said = commands(run())
    finally:
        record.write_text(text)
    assert 'holds a run of commit abc1234' in said and 'python ' not in said


@pytest.mark.slow
def test_a_killed_attempt_counts_in_the_minutes(experiment, run):
    folder = experiment / 'out/two/nms-free/seed_0'
    file = folder / 'record.json'
    record = json.loads(file.read_text())
    record.update(trained=False, train_seconds=1000.)  # of the attempts before
    file.write_text(json.dumps(record))
    killed = (folder / 'train.log').stat().st_mtime
    os.utime(file, (killed - 500, killed - 500))
    said = commands(run())
    assert said.count('tools/train.py') == said.count('--resume') == 1
    assert '--resume' not in json.loads(file.read_text())['train_command']
    assert 1500 < json.loads(file.read_text())['train_seconds'] < 2000


@pytest.mark.slow
def test_changed_test_options_are_tested_anew(experiment, run):
    plan = experiment / 'two.yml'
    plan.write_text(PLAN.replace('oks_nms: true', 'oks_nms: false'))
    try:
        said = commands(run())
    finally:
        plan.write_text(PLAN)
    assert said.count('tools/test.py') == 1 and 'tools/train.py' not in said


@pytest.mark.slow
def test_other_weights_are_tested_anew(experiment, run):
    weights = experiment / 'out/two/nms-free/seed_0/train/epoch_1.pth'
    content = torch.load(weights, weights_only=False)
    torch.save(dict(content, note='other'), weights)
    said = commands(run())
    assert said.count('tools/test.py') == 2  # also the row that shares them
    assert 'tools/train.py' not in said
