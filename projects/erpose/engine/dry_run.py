"""Estimates the time and memory of a training from a few steps."""
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
    """Measures the seconds of each step, of its assignment and of its data loading."""
    priority = 'VERY_LOW'

    def __init__(self, steps: int, say: Callable[[str], None]) -> None:
        self.data: List[float] = []
        self.step: List[float] = []
        self.assign: List[float] = []
        self._last, self._begin = 0.0, 0.0
        self._steps, self._say = steps, say

    def before_train(self, runner: Runner) -> None:
        self._say(f'{self._steps} training steps; the first two are warm-up')
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
    """Builds all components of a training, runs a few steps and predicts one batch.

    This reveals broken data, missing weights and too little memory. No file is kept.

    Args:
        config (Config): Config of the training. It is not changed.
        steps (int): Training steps, at least 3; the first two are warm-up and not counted.
        say (callable): Called with each line of progress. Defaults to no output.

    Returns:
        dict: ``train_images``, ``val_images``, ``batch_size``; ``step``, ``data`` and
        ``assign`` (median seconds of a whole step, of its data loading and of its
        assignment); ``memory`` (peak, in GiB, of the GPU, or of the process on a CPU);
        ``device``; ``annotations`` (list[str]): reports on the annotation files below the
        level of warnings, which the log does not show.

    Raises:
        ValueError: If there are fewer than 3 steps, or the data set has fewer batches.
    """
    if steps < 3:
        raise ValueError(f'steps must be at least 3, got {steps}: the first two are '
                         'warm-up')
    config = config.copy()
    config.train_cfg = dict(type='IterBasedTrainLoop', max_iters=steps,
                            val_interval=steps + 1)
    config.param_scheduler = None
    config.default_hooks = dict(config.get('default_hooks', {}), checkpoint=None)
    config.log_level = logging.getLevelName(logging.WARNING)
    times = _StepTimes(steps, say)
    with tempfile.TemporaryDirectory() as folder:
        config.work_dir = folder
        # MMEngine keeps loggers and visualizers by name. The next runner of this process
        # must not find those of the temporary folder.
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
    """Reports of data sets, and of those they wrap, below the level of warnings."""
    texts = []
    for dataset in datasets:
        report = getattr(dataset, 'report', None)
        if report and report.text and report.level < logging.WARNING:
            texts.append(report.text)
        inside = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
        texts += _quiet_reports(*(d for d in inside if d is not None))
    return texts


def forecast(config: Config, seen: dict, gpus: int = 1) -> List[str]:
    """Extrapolates the measurements to the whole training.

    Args:
        config (Config): Config of the training.
        seen (dict): Result of :func:`dry_run`.
        gpus (int): Number of processes, each with a device like the measured one.

    Returns:
        list[str]: Lines of text.
    """
    batch = seen['batch_size'] * gpus
    share = math.ceil(seen['train_images'] / gpus)  # as the sampler splits them
    drops = config.train_dataloader.get('drop_last', False)
    steps = (math.floor if drops else math.ceil)(share / seen['batch_size'])
    epochs = config.train_cfg.max_epochs
    epoch = timedelta(seconds=round(steps * seen['step']))
    whole = timedelta(seconds=round(epochs * steps * seen['step']))
    lines = [
        f'data: {seen["train_images"]} training images, {seen["val_images"]} validation '
        'images',
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
        lines.append(f'learning rate: {lr:g} is for {base} images per step, not {batch}: '
                     f'--auto-scale-lr scales it to {lr * batch / base:g}')
    return lines


def _now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
