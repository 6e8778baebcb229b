import json

from erpose.experiments.report import cell, learning_curve


def test_cells_show_mean_and_half_the_range():
    assert cell([]) == '-'
    assert cell([0.1234]) == '12.34'
    assert cell([0.10, 0.12, 0.17]) == '13.00 ± 3.50'


def test_learning_curve_joins_the_logs_of_an_interrupted_run(tmp_path):
    for stamp, entries in (('1', [{'loss': 1, 'step': 3}, {'coco/AP': 0.1, 'step': 2}]),
                           ('2', [{'coco/AP': 0.2, 'step': 4}])):
        folder = tmp_path / stamp / 'vis_data'
        folder.mkdir(parents=True)
        folder.joinpath('scalars.json').write_text('\n'.join(map(json.dumps, entries)))
    assert learning_curve(tmp_path) == [(2, 10.0), (4, 20.0)]
