"""docs/own_data.md, followed to the letter: a five-keypoint creature."""
import re
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.apis import MMPoseInferencer

from erpose.datasets.synthetic import generate

DOCUMENT = Path(__file__).parents[1] / 'docs' / 'own_data.md'


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    """The folder a reader would end up with: config and data."""
    root = tmp_path_factory.mktemp('own')
    keypoints, config = re.findall(r'```python\n((?:dataset_info|_base_).*?)```',
                                   DOCUMENT.read_text(), re.S)
    (root / 'creature_keypoints.py').write_text(keypoints)
    (root / 'creature.py').write_text(config)
    metainfo = dict(from_file=str(root / 'creature_keypoints.py'))
    for split in ('train', 'val'):
        generate(root / 'creature' / split, 4, image_size=(128, 128), persons=(1, 2),
                 metainfo=metainfo)
    return root


def test_from_annotation_file_to_inference(work, monkeypatch):
    monkeypatch.chdir(work)
    config = Config.fromfile('creature.py')
    config.merge_from_dict({
        'work_dir': str(work / 'work'), 'train_cfg.max_epochs': 1,
        'train_cfg.val_interval': 1, 'train_dataloader.batch_size': 2})
    for loader in (config.train_dataloader, config.val_dataloader):
        loader.update(num_workers=0, persistent_workers=False)
    runner = Runner.from_cfg(config)
    runner.train()
    assert runner.message_hub.get_scalar('val/coco/AP').current() >= 0

    inferencer = MMPoseInferencer('creature.py', 'work/epoch_1.pth')
    photo = next(Path('creature/val/images').glob('*'))
    people = next(inferencer(str(photo), out_dir='drawn', bbox_thr=0))['predictions'][0]
    assert len(people[0]['keypoints']) == 5
    assert (work / 'drawn' / 'visualizations' / photo.name).exists()
