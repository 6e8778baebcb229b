"""Where a training finds its checkpoints, and which it refuses to overwrite."""
import os
import sys

import pytest

from erpose.engine import mmpose_tools
from erpose.engine.mmpose_tools import ResumeError, checked_resume, run_mmpose_tool

CONFIGS = {
    'plain.py': 'load_from = None\n',
    'own.py': "work_dir = 'runs'\n",
    'resuming.py': "work_dir = 'runs'\nresume = True\n",
    'heir.py': "_base_ = ['own.py']\n",
}


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """Arguments that reach MMPose, in a folder with configs and checkpoints."""
    monkeypatch.chdir(tmp_path)
    for name, text in CONFIGS.items():
        (tmp_path / name).write_text(text)

    def arguments(made, *args):
        for age, name in enumerate(made):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (age, age))
        monkeypatch.setattr(sys, 'argv', ['train.py', *args])
        return checked_resume(mmpose_tools._script('train.py'), list(args))

    return arguments


@pytest.mark.parametrize('made, args, kept', [
    # where MMPose looks: --work-dir, the config's work_dir, work_dirs/NAME, --cfg-options
    (['runs/epoch_7.pth'], ['own.py', '--resume'],
     ['own.py', '--resume', 'runs/epoch_7.pth']),
    (['runs/epoch_7.pth'], ['heir.py', '--resume'],
     ['heir.py', '--resume', 'runs/epoch_7.pth']),
    (['runs/epoch_7.pth', 'out/epoch_2.pth'], ['own.py', '--resume', '--work-dir', 'out'],
     ['own.py', '--work-dir', 'out', '--resume', 'out/epoch_2.pth']),
    (['work_dirs/plain/iter_90.pth'], ['plain.py', '--resume'],
     ['plain.py', '--resume', 'work_dirs/plain/iter_90.pth']),
    (['there/epoch_1.pth'], ['own.py', '--resume', '--cfg-options', 'work_dir=there'],
     ['own.py', '--cfg-options', 'work_dir=there', '--resume', 'there/epoch_1.pth']),
    # by number, not by name or time
    (['runs/epoch_10.pth', 'runs/epoch_9.pth', 'runs/best_coco_AP_epoch_11.pth'],
     ['own.py', '--resume'], ['own.py', '--resume', 'runs/epoch_10.pth']),
    # other ways to say it
    (['runs/epoch_7.pth'], ['own.py', '--res'],
     ['own.py', '--resume', 'runs/epoch_7.pth']),
    (['runs/epoch_7.pth'], ['own.py', '--resume', 'auto'],
     ['own.py', '--resume', 'runs/epoch_7.pth']),
    (['runs/epoch_7.pth'], ['own.py', '--resume=auto'],
     ['own.py', '--resume', 'runs/epoch_7.pth']),
    (['runs/epoch_7.pth'], ['resuming.py'],
     ['resuming.py', '--resume', 'runs/epoch_7.pth']),
    # a checkpoint by name is the user's choice
    (['runs/epoch_7.pth'], ['own.py', '--resume', 'b.pth'],
     ['own.py', '--resume', 'b.pth']),
    # no checkpoint yet: for --resume MMEngine would drop load_from
    ([], ['own.py', '--resume'], ['own.py']),
    ([], ['own.py'], ['own.py']),
    # weights that no training has written there
    (['runs/pretrained.pth'], ['own.py'], ['own.py']),
])
def test_what_reaches_mmpose(arguments, made, args, kept):
    assert arguments(made, *args) == kept


@pytest.mark.parametrize('made, args, said', [
    (['runs/epoch_7.pth'], ['own.py'], 'runs contains epoch_7.pth .*--resume.*--work-dir'),
    (['runs/iter_7.pth'], ['heir.py'], 'runs contains iter_7.pth'),
    (['work_dirs/plain/best_coco_AP_epoch_1.pth'], ['plain.py'],
     'work_dirs/plain contains best_'),
    (['out/epoch_1.pth'], ['own.py', '--work-dir', 'out'], 'out contains epoch_1.pth'),
    # the best weights have no optimiser
    (['runs/best_coco_AP_epoch_1.pth'], ['own.py', '--resume'], 'no training state'),
])
def test_checkpoints_are_not_written_over(arguments, made, args, said):
    with pytest.raises(ResumeError, match=said):
        arguments(made, *args)


def test_last_checkpoint_says_which(arguments, tmp_path):
    pointer = tmp_path / 'runs' / 'last_checkpoint'
    pointer.parent.mkdir()
    pointer.write_text(str(tmp_path / 'elsewhere' / 'epoch_3.pth'))
    made = ['runs/epoch_9.pth', 'elsewhere/epoch_3.pth']
    assert arguments(made, 'own.py', '--resume')[-1] == pointer.read_text()
    (tmp_path / 'elsewhere' / 'epoch_3.pth').unlink()  # the folder has moved
    assert arguments([], 'own.py', '--resume')[-1] == 'runs/epoch_9.pth'


def test_the_command_refuses_in_one_line(arguments, monkeypatch):
    with pytest.raises(ResumeError):
        arguments(['runs/epoch_7.pth'], 'own.py')
    monkeypatch.setattr(mmpose_tools.console, 'show_essentials', lambda: None)
    with pytest.raises(SystemExit) as stop:
        run_mmpose_tool('train.py')
    said = stop.value.code
    assert said.startswith('train.py: runs contains') and '\n' not in said
