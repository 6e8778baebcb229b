"""Synchronises the BatchNorm statistics of all processes."""
from mmengine.dist import all_reduce_params
from mmengine.hooks import EMAHook, Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class SyncStatisticsHook(Hook):
    """Averages BatchNorm statistics over all processes after each epoch, also of the EMA.

    Each process collects the statistics of its own images. Without this hook each process
    would evaluate with its own, and the checkpoint would contain those of rank 0.
    (MMEngine's ``SyncBuffersHook`` does not synchronise the EMA.)
    """

    def after_train_epoch(self, runner: Runner) -> None:
        averages = [h.ema_model for h in runner.hooks if isinstance(h, EMAHook)]
        for model in (runner.model, *averages):
            all_reduce_params([buffer for name, buffer in model.named_buffers()
                               if '.running_' in name], op='mean')
