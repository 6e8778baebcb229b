import shlex

import pytest

from erpose import zoo
from erpose.experiments import load_plan, plans, run


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
