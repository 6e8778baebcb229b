"""Parameters, GFLOPs and latency of systems in one run."""
import logging
from typing import Dict, Tuple

import torch
from mmengine.analysis import get_model_complexity_info
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import MMLogger
from mmpose.models import BottomupPoseEstimator
from mmpose.registry import DATASETS

from erpose.engine import deployed_model

from . import benchmark


def complexity(model: torch.nn.Module, input_size: Tuple[int, int]) -> dict:
    """Counts parameters (M) and GFLOPs at (width, height); a multiply-add is two FLOPs."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    width, height = input_size
    logger.setLevel(logging.ERROR)  # it warns of every operator without FLOPs
    with torch.no_grad():
        counts = get_model_complexity_info(
            model, inputs=(torch.zeros(1, 3, height, width), None), show_table=False,
            show_arch=False)
    logger.setLevel(level)
    return dict(params=counts['params'] / 1e6, gflops=2 * counts['flops'] / 1e9)


def measure(configs: Dict[str, Config], checkpoints: Dict[str, str], images: int = 16,
            rounds: int = 5) -> Dict[str, dict]:
    """Size and speed of each system, at the ``input_size`` of its config.

    Latency is the time from image tensor to poses, with post-processing, at batch 1 on one
    thread, for images of the systems' validation sets.

    Returns:
        dict[str, dict]: By system: input_size (width, height), params (M), gflops, latency
        (median, ms) and latency_ratio to the first system (median over turns).
    """
    models = {name: deployed_model(config, checkpoints.get(name))
              for name, config in configs.items()}
    subjects = [_subject(name, models[name], config, images)
                for name, config in configs.items()]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = benchmark.measure(subjects, range(images), rounds)
    finally:
        torch.set_num_threads(threads)
    return {
        name: dict(complexity(models[name], config.input_size),
                   input_size=config.input_size, latency=times[name]['total']['median'],
                   latency_ratio=times[name]['ratio'])
        for name, config in configs.items()
    }


def _subject(name: str, model: BottomupPoseEstimator, config: Config,
             count: int) -> benchmark.Subject:
    """The model on images of its own data set; ``measure`` passes their numbers."""
    dataset = DATASETS.build(config.val_dataloader.dataset)
    batches = [pseudo_collate([dataset[i % len(dataset)]]) for i in range(count)]
    return benchmark.Subject(name, lambda numbers: batches[numbers[0]],
                             torch.no_grad()(model.test_step),
                             lambda samples: [s.pred_instances for s in samples])
