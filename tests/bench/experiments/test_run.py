import shlex

import pytest

from erpose import zoo
from erpose_bench.experiments import load_plan, plans, run


@pytest.mark.parametrize('name', ['run', "a run's folder"])
def test_recorded_commands_can_be_pasted(tmp_path, name):
    folder = tmp_path / name
    command = [str(zoo.root() / 'tools/test.py'), str(folder / 'val at 512.json'),
               *run.options_text({'input_size': [512, 512]})]
    assert shlex.split(run.readable(command, folder)) == [
        'python', 'tools/test.py', 'val at 512.json', 'input_size=[512, 512]']


SIZED = [(name, test) for name in plans() for test in load_plan(name).tests
         if ' at ' in test]


@pytest.mark.parametrize('name, test', SIZED)
def test_a_test_at_a_size_is_at_that_size(name, test):
    plan = load_plan(name)
    size = [int(side) for side in test.split(' at ')[1].split('x')]
    for system in plan.systems:
        config = run.tested_config(system, plan.tests[test])
        resize = next(step for step in config.test_dataloader.dataset.pipeline
                      if step.type == 'BottomupResize')
        assert list(resize.input_size) == size


def hash_with(monkeypatch, data, weights, **options):
    monkeypatch.setenv('ERPOSE_DATA', data)
    monkeypatch.setenv('RTMDET_NANO', weights)
    system = load_plan('systems_coco-mini-lsp-320').systems[0]
    config = system.load(test=True)
    config.merge_from_dict({'test_evaluator.ann_file': f'{data}/lsp/a.json', **options})
    return run.config_hash(config)


@pytest.mark.parametrize('data, weights', [
    ('/elsewhere/sets', '/elsewhere/w.pth'), ('/elsewhere/sets/', './w.pth'),
    ('data', 'https://zoo/w.pth')])
def test_the_hash_of_a_config_does_not_tell_where_the_data_are(data, weights, monkeypatch):
    here = hash_with(monkeypatch, '/here/data', '/here/w.pth')
    assert hash_with(monkeypatch, data, weights) == here
    assert hash_with(monkeypatch, data, weights,
                     **{'test_evaluator.ann_file': f'{data}/lsp/b.json'}) != here
    assert hash_with(monkeypatch, data, weights, max_epochs=13) != here
