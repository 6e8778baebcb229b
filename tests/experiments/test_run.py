import shlex

from erpose import zoo
from erpose.experiments.run import options_text, readable


def test_recorded_commands_can_be_pasted(tmp_path):
    command = [str(zoo.root() / 'tools/test.py'), str(tmp_path / 'val at 512.json'),
               *options_text({'input_size': [512, 512]})]
    assert shlex.split(readable(command, tmp_path)) == [
        'python', 'tools/test.py', 'val at 512.json', 'input_size=[512, 512]']
