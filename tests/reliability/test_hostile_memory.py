"""Memory of a training step with 500 people at 640x640."""
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from erpose import zoo

CONFIG = zoo.root() / 'configs/erpose/erpose-n_8xb32-300e_coco-640x640.py'
MIB_MORE = 100
"""Above the same step with one person; measured: 39 to 57."""
MIB_IN_ALL = 1400
"""The process, PyTorch and MMPose included; measured: 1,014."""

STEPS = '''
import json, random, re, sys
import erpose
import numpy as np, torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
torch.set_num_threads(1)
init_default_scope('mmpose')
path, pipeline, folder = sys.argv[1:]
config = Config.fromfile(path)
model = MODELS.build(config.model).train()
optimizer = torch.optim.AdamW(model.parameters())
for file in ('1', '1', '500', '500'):  # the second time the optimizer has its state
    random.seed(0), np.random.seed(0)
    data = DATASETS.build(dict(
        config.train_dataloader.dataset, data_root='', ann_file=f'{folder}/{file}.json',
        data_prefix=dict(img=folder), pipeline=config[pipeline]))
    batch = model.data_preprocessor(pseudo_collate([data[0]]), True)
    losses = model(**batch, mode='loss')
    loss = sum(value for key, value in losses.items() if 'loss' in key)
    loss.backward()
    optimizer.step()
    print('STEP', json.dumps([
        len(batch['data_samples'][0].gt_instance_labels), float(loss),
        int(re.search('VmHWM:(.*)kB', open('/proc/self/status').read())[1]) / 1024]))
'''


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_a_step_with_500_people(tmp_path):
    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((640, 640, 3), np.uint8))
    for count in (1, 500):
        centres = rng.uniform(60, 580, (count, 1, 2))
        poses = np.concatenate([centres + rng.normal(0, 20, (count, 17, 2)),
                                np.full((count, 17, 1), 2)], -1)
        (tmp_path / f'{count}.json').write_text(json.dumps(dict(
            images=[dict(id=1, file_name='a.png', width=640, height=640)],
            annotations=[dict(id=i + 1, image_id=1, keypoints=pose.ravel().tolist())
                         for i, pose in enumerate(poses)])))
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', STEPS, str(CONFIG), 'closing_pipeline',
         str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    steps = [json.loads(line[5:]) for line in done.stdout.splitlines()
             if line.startswith('STEP')]
    people, losses, peaks = zip(*steps)
    print(f'people {people}, MiB {[round(peak) for peak in peaks]}')
    assert people[0] == 1 and people[3] > 450
    assert np.isfinite(losses).all()
    assert peaks[3] - peaks[1] < MIB_MORE and peaks[3] < MIB_IN_ALL, peaks
