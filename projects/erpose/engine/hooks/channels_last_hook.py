"""Memory layout of the convolutions."""
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Puts the model into channels-last layout before training and testing.

    Depthwise convolutions run faster in it, on CPUs and on GPUs with mixed precision;
    the results are the same up to rounding.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        runner.model.to(memory_format=torch.channels_last)
