"""One set of BatchNorm statistics for all processes."""
from mmengine.dist import all_reduce_params
from mmengine.hooks import EMAHook, Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class SyncStatisticsHook(Hook):
    """Averages BatchNorm's statistics over the processes after each epoch, the EMA's too.

    Each process gathers those of its own images. Left alone, each would evaluate its share
    of the images by its own, and the checkpoint would hold those of the first.
    (MMEngine's ``SyncBuffersHook`` leaves the EMA's alone.)
    """

    def after_train_epoch(self, runner: Runner) -> None:
        averages = [h.ema_model for h in runner.hooks if isinstance(h, EMAHook)]
        for model in (runner.model, *averages):
            all_reduce_params([buffer for name, buffer in model.named_buffers()
                               if '.running_' in name], op='mean')
