"""Enables YOLOX-Pose's auxiliary L1 loss for the last epochs."""
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class AuxLossHook(Hook):
    """Enables the auxiliary L1 loss of YOLOX-Pose's head for the last epochs.

    MMPose's ``YOLOXPoseModeSwitchHook`` switches one epoch too early, and never if training
    resumes after that epoch. This hook and ``mmdet.PipelineSwitchHook`` switch loss and
    pipeline at the same epoch as ER-Pose's configs.

    Args:
        switch_epoch (int): First epoch with the loss, counted from 0.
    """

    def __init__(self, switch_epoch: int) -> None:
        self.switch_epoch = switch_epoch

    def before_train_epoch(self, runner: Runner) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        model.head.use_aux_loss = runner.epoch >= self.switch_epoch
