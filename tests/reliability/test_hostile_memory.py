"""A crowded image must not end a training: memory of a step with 500 people."""



LIMITS = {500: 100, 2500: 100}
"""MiB that a step takes above the same step with one person."""

STEP = '''
import json, resource, sys
import erpose
import numpy as np, torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
torch.set_num_threads(1)
init_default_scope('mmpose')
config = Config.fromfile(sys.argv[1])
model = MODELS.build(config.model).train()
optimizer = torch.optim.AdamW(model.parameters())
for ann_file in sys.argv[3:]:
    np.random.seed(0)
    data = DATASETS.build(dict(
        config.train_dataloader.dataset, data_root='', ann_file=ann_file,
        data_prefix=dict(img=sys.argv[2]), pipeline=config[PIPELINE]))
    batch = model.data_preprocessor(pseudo_collate([data[0]]), True)
    people = len(batch['data_samples'][0].gt_instance_labels)
    loss = sum(v for k, v in model(**batch, mode='loss').items() if 'loss' in k)
    loss.backward()
    optimizer.step()
    assert torch.isfinite(loss)
    print(json.dumps([people, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
'''
