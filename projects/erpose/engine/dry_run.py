"""What a training will need, found out in a minute instead of overnight."""
import logging
import math
import resource
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, List, Optional

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner


class _StepTimes(Hook):
    """Seconds of each step, of its assignment, and of the wait for its data."""
    priority = 'VERY_LOW'

    def __init__(self, steps: int, say: Callable[[str], None]) -> None:
        self.data: List[float] = []
        self.step: List[float] = []
        self.assign: List[float] = []
        self._last, self._begin = 0.0, 0.0
        self._steps, self._say = steps, say

    def before_train(self, runner: Runner) -> None:
        self._say(f'{self._steps} training steps, of which the first two warm up')
        for part in vars(runner.model.head).values():
            if hasattr(part, 'assign'):
                part.assign = self._timed(part.assign)
        self._last = time.perf_counter()

    def before_train_iter(self, runner: Runner, batch_idx: int,
                          data_batch: Optional[dict] = None) -> None:
        self._begin = _now()
        self.data.append(self._begin - self._last)
        self.assign.append(0.0)

    def after_train_iter(self, runner: Runner, batch_idx: int,
                         data_batch: Optional[dict] = None, outputs: Any = None) -> None:
        self._last = _now()
        self.step.append(self._last - self._begin)
        self._say(f'step {len(self.step)}: {self.data[-1] + self.step[-1]:.2f} s, loss '
                  f'{outputs["loss"].item():.4g}')

    def _timed(self, assign: Callable) -> Callable:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begin = _now()
            result = assign(*args, **kwargs)
            self.assign[-1] += _now() - begin
            return result
        return timed


def dry_run(config: Config, steps: int = 10,
            say: Callable[[str], None] = lambda text: None) -> dict:
    """Builds everything that a training builds, takes some steps and predicts a batch.

    Broken data, missing weights and too little memory show here. Nothing is kept.

    Args:
        config (Config): Of a training. Not changed.
        steps (int): Training steps; the first two warm up and are not counted. At least 3.
        say (callable): Is told what is being done, a line at a time. Defaults to nobody.

    Returns:
        dict: ``train_images``, ``val_images``, ``batch_size``, ``step``, ``data`` and
        ``assign`` (medians in seconds, of a whole step, of the wait for its data and of
        its assignment), ``memory`` (GiB, peak, of the device; on a CPU of the process),
        ``device``; ``annotations`` (list[str]): what the data sets say of their annotation
        files and the log, which begins at warnings, does not show.

    Raises:
        ValueError: If there are fewer than 3 steps, or the data set has fewer batches.
    """
    if steps < 3:
        raise ValueError(f'at least 3 steps, got {steps}: the first two warm up')
    config = config.copy()
    config.train_cfg = dict(type='IterBasedTrainLoop', max_iters=steps,
                            val_interval=steps + 1)
    config.param_scheduler = None
    config.default_hooks = dict(config.get('default_hooks', {}), checkpoint=None)
    config.log_level = logging.getLevelName(logging.WARNING)
    times = _StepTimes(steps, say)
    with tempfile.TemporaryDirectory() as folder:
        config.work_dir = folder
        # MMEngine keeps loggers and visualizers by name: those of a folder that will be
        # gone must not be found by the next runner of this process.
        config.experiment_name = f'dry_run_{Path(folder).name}'
        config.visualizer = dict(type='Visualizer', name=config.experiment_name,
                                 vis_backends=[])
        say('building the model')
        runner = Runner.from_cfg(config)
        runner.register_hook(times)
        say('reading the data sets')
        model = runner.train()
        say('predicting a batch of the validation set')
        loader = runner.val_dataloader
        batch = next(iter(loader))
        with torch.no_grad():
            model.eval().val_step(batch)
    seconds = [d + s for d, s in zip(times.data, times.step)][2:]
    cuda = torch.cuda.is_available()
    return dict(
        train_images=len(runner.train_dataloader.dataset), val_images=len(loader.dataset),
        batch_size=runner.train_dataloader.batch_size,
        annotations=_quiet_reports(runner.train_dataloader.dataset, loader.dataset),
        step=statistics.median(seconds), data=statistics.median(times.data[2:]),
        assign=statistics.median(times.assign[2:]),
        memory=(torch.cuda.max_memory_allocated() / 2**30 if cuda else
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20),
        device=torch.cuda.get_device_name() if cuda else 'CPU')


def _quiet_reports(*datasets: Any) -> List[str]:
    """Reports below the level of warnings, of data sets and those inside them."""
    texts = []
    for dataset in datasets:
        report = getattr(dataset, 'report', None)
        if report and report.text and report.level < logging.WARNING:
            texts.append(report.text)
        inside = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
        texts += _quiet_reports(*(d for d in inside if d is not None))
    return texts


def forecast(config: Config, seen: dict, gpus: int = 1) -> List[str]:
    """What that means for the whole training, a line a fact.

    Args:
        config (Config): Of the training.
        seen (dict): What :func:`dry_run` returned.
        gpus (int): Processes, each with a device of the kind that was seen.
    """
    batch = seen['batch_size'] * gpus
    share = math.ceil(seen['train_images'] / gpus)  # as the sampler deals them out
    drops = config.train_dataloader.get('drop_last', False)
    steps = (math.floor if drops else math.ceil)(share / seen['batch_size'])
    epochs = config.train_cfg.max_epochs
    epoch = timedelta(seconds=round(steps * seen['step']))
    whole = timedelta(seconds=round(epochs * steps * seen['step']))
    lines = [
        f'data: {seen["train_images"]} training images, {seen["val_images"]} of validation',
        *seen.get('annotations', []),
        f'step: {seen["step"]:.2f} s at batch {seen["batch_size"]} on one '
        f'{seen["device"]}, {seen["data"]:.2f} s of it waiting for data, '
        f'{seen["assign"]:.2f} s ({seen["assign"] / seen["step"]:.1%}) assigning people',
        f'memory: {seen["memory"]:.1f} GiB',
        f'epoch: {steps} steps of {gpus} x {seen["batch_size"]} images, {epoch}',
        f'training: {epochs} epochs, {whole}, validation and communication not counted',
    ]
    base = config.get('auto_scale_lr', {}).get('base_batch_size')
    lr = config.optim_wrapper.optimizer.lr
    if base and base != batch:
        lines.append(f'learning rate: {lr:g} is for {base} images a step, here are '
                     f'{batch}: --auto-scale-lr makes it {lr * batch / base:g}')
    return lines


def _now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
