"""Runs `mim test` in this process."""
import contextlib
import io
import uuid
from typing import NamedTuple

from mmengine.config import Config
from mmengine.runner import Runner

from erpose import zoo


class Tested(NamedTuple):
    """Metrics to 4 digits; for each image keypoints, their scores, and scores of poses."""
    metrics: dict
    people: dict


def run_test(config, checkpoint, data, work_dir, **options) -> Tested:
    """Runs the test of a config on the generated set in the folder ``data``.

    Args:
        **options: Of the data loader: ``batch_size``, ``num_workers``, …
    """
    cfg = Config.fromfile(zoo.root() / config)
    path = str(data / 'annotations.json')
    cfg.test_dataloader.dataset.update(
        data_root='', ann_file=path, data_prefix=dict(img=f'{data}/images/'))
    cfg.test_dataloader.update(dict(num_workers=0, persistent_workers=False), **options)
    cfg.test_evaluator.ann_file = path
    cfg.merge_from_dict(dict(work_dir=str(work_dir), load_from=str(checkpoint),
                             experiment_name=uuid.uuid4().hex))
    runner = Runner.from_cfg(cfg)
    evaluator = runner.build_evaluator(cfg.test_evaluator)
    metric, people = evaluator.metrics[0], {}
    process = metric.process

    def keep(batch, samples):
        process(batch, samples)
        for sample in samples:
            found = sample['pred_instances']
            people[sample['img_id']] = (found['keypoints'], found['keypoint_scores'],
                                        found['bbox_scores'])

    metric.process = keep
    runner._test_evaluator = evaluator
    with contextlib.redirect_stdout(io.StringIO()):
        metrics = runner.test()
    return Tested({k: round(float(v), 4) for k, v in metrics.items()}, people)
