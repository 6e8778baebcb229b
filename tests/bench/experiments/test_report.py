import json
import re

import pytest

from erpose_bench.experiments.report import cell, write_report
from erpose_bench.experiments.results import learning_curve


def test_cells_show_mean_and_standard_deviation():
    assert cell([]) == '-'
    assert cell([0.1234]) == '12.34'
    assert cell([0.10, 0.12, 0.17]) == '13.00 ± 3.61'


def test_learning_curve_joins_the_logs_of_an_interrupted_run(tmp_path):
    for stamp, entries in (('1', [{'loss': 1, 'step': 3}, {'coco/AP': 0.1, 'step': 2}]),
                           ('2', [{'crowdpose/AP': 0.2, 'step': 4}])):
        folder = tmp_path / stamp / 'vis_data'
        folder.mkdir(parents=True)
        folder.joinpath('scalars.json').write_text('\n'.join(map(json.dumps, entries)))
    assert learning_curve(tmp_path) == [[2, 10.0], [4, 20.0]]


def test_results_of_several_seeds(tmp_path):
    def runs(*aps):
        return [dict(seed=seed, metrics={'val': {'AP': ap}}, tested=['d', 'e'],
                     record=dict(train_seconds=90, commit='c', train_command='train'))
                for seed, ap in enumerate(aps)]

    speed = dict(input_size=(96, 64), params=1.5, gflops=2.5, latency=10.0,
                 latency_ratio=0.5)
    systems = dict(A=dict(runs=runs(0.1, 0.2), speed=speed, paper='AP 50'),
                   B=dict(runs=[dict(seed=0, metrics={})], speed=speed))
    results = dict(plan='p', title='T', tests=['val'], systems=systems)
    written = write_report(results, tmp_path).read_text()
    lines = re.sub(' +', ' ', written).splitlines()  # columns are aligned
    assert '| A | 15.00 ± 7.07 | AP 50 |' in lines and '| B | - | |' in lines
    assert '| A | 96x64 | 1.50 | 2.50 | 10.0 | 0.50 |' in lines
    assert '| A | 1 | 2 | c | d, e | `train` |' in lines
    assert (tmp_path / 'ap_latency.png').exists()
    assert not (tmp_path / 'ap_epoch.png').exists()


def test_a_test_without_a_known_metric_is_refused(tmp_path):
    systems = dict(A=dict(runs=[dict(seed=0, metrics={'val': {'PCK': 0.5}})], speed=None))
    with pytest.raises(ValueError, match='val: no metric of'):
        write_report(dict(plan='p', title='T', tests=['val'], systems=systems), tmp_path)
