"""Sets the memory layout of the model."""
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Converts the model to channels-last layout before training and testing.

    Depthwise convolutions run faster in this layout, on CPUs and on GPUs with mixed
    precision. The results are the same up to rounding.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        runner.model.to(memory_format=torch.channels_last)
