import shlex

import pytest
from mmengine.config import Config

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


def test_the_hash_of_a_config_is_that_of_its_content():
    content = dict(b=dict(c=2, d=[3, 4]), a=1)
    there = run.config_hash(Config(dict(a=1, b=dict(d=[3, 4], c=2))))
    assert run.config_hash(Config(content)) == there
    content['b']['d'] = [4, 3]
    assert run.config_hash(Config(content)) != there
