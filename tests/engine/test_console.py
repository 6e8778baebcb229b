"""Which lines of a training's log go to the screen, and which only to the file."""
import pytest
from mmengine.logging import MMLogger

from erpose.engine import console


@pytest.mark.parametrize('message, shown', [
    ('\n' + '-' * 60 + '\nSystem environment:\n    sys.platform: linux', False),
    ('Config:\nauto_scale_lr = dict()', False),
    ('Hooks will be executed in the following order:\nbefore_run:', False),
    ('paramwise_options -- neck.out_convs.0.bn.bias:weight_decay=0.0', False),
    ('"FileClient" will be deprecated in future.', False),
    ('Epoch(train) [1][20/40]  loss: 3.2', True),
    ('Epoch(val) [1][1/1]    coco/AP: 0.1', True),
    ('2 annotations skipped', True),
    ('Configuration of mine', True),
])
def test_details_are_in_the_file_alone(message, shown, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(MMLogger, '__init__', MMLogger.__init__)  # put back afterwards
    console.show_essentials()
    console.show_essentials()  # idempotent
    path = tmp_path / 'train.log'
    logger = MMLogger(f'console {message}', 'test', log_file=str(path), log_level='INFO')
    logger.info(message)
    assert (message in capsys.readouterr().out) == shown
    assert message in path.read_text()
