"""Parameters, GFLOPs and latency of systems, all in one run."""
import logging
import statistics
import time
from typing import Dict, List, Optional

import torch
from mmengine.analysis import get_model_complexity_info
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import DATASETS, MODELS


def complexity(model: torch.nn.Module, size: int) -> dict:
    """Parameters (M) and GFLOPs at size x size; one multiply-add is two FLOPs."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.ERROR)  # it lists every operator that has no FLOPs to count
    with torch.no_grad():
        counts = get_model_complexity_info(
            model, inputs=(torch.zeros(1, 3, size, size), None), show_table=False,
            show_arch=False)
    logger.setLevel(level)
    return dict(params=counts['params'] / 1e6, gflops=2 * counts['flops'] / 1e9)


def deployed(config: Config, checkpoint: Optional[str] = None) -> torch.nn.Module:
    """The model as it is deployed: weights loaded, training branches dropped."""
    init_default_scope('mmpose')
    for part in ('backbone', 'neck'):
        config.model[part].pop('init_cfg', None)
    model = MODELS.build(config.model)
    if checkpoint:
        load_checkpoint(model, checkpoint, map_location='cpu', logger='silent')
    if not config.model.get('test_cfg', {}).get('one_to_many'):
        model.switch_to_deploy()
    return model.eval()


def measure(configs: Dict[str, Config], checkpoints: Dict[str, str], size: int,
            images: int = 16, rounds: int = 5) -> Dict[str, dict]:
    """Size and speed of each system.

    Latency is that of image tensor to poses, post-processing included: batch 1, one
    thread, on images of the systems' validation set. Systems take turns image by image,
    so that a busy moment of the machine slows all of them.

    Returns:
        dict[str, dict]: By system: params (M), gflops, latency (median, ms) and
        latency_ratio (median over turns of the latency over that of the first system).
    """
    models = {name: deployed(config, checkpoints.get(name))
              for name, config in configs.items()}
    batches = {name: _batches(config, images) for name, config in configs.items()}
    times: Dict[str, List[float]] = {name: [] for name in models}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for turn in range(rounds + 1):
            for index in range(images):
                for name, model in models.items():
                    begin = time.perf_counter()
                    with torch.no_grad():
                        model.test_step(batches[name][index])
                    if turn:  # the first round warms up
                        times[name].append(1e3 * (time.perf_counter() - begin))
    finally:
        torch.set_num_threads(threads)
    first = next(iter(times.values()))
    return {
        name: dict(
            complexity(models[name], size), latency=statistics.median(times[name]),
            latency_ratio=statistics.median(a / b for a, b in zip(times[name], first)))
        for name in models
    }


def _batches(config: Config, count: int) -> list:
    dataset = DATASETS.build(config.val_dataloader.dataset)
    return [pseudo_collate([dataset[i % len(dataset)]]) for i in range(count)]
