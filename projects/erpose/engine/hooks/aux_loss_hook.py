"""The closing epochs of YOLO-Pose."""
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class AuxLossHook(Hook):
    """Adds the auxiliary L1 loss of YOLOX-Pose's head in the closing epochs.

    MMPose's ``YOLOXPoseModeSwitchHook`` begins one epoch earlier than it is told, and not
    at all when training resumes after that epoch. With ``mmdet.PipelineSwitchHook`` for
    the pipeline, this one switches where ER-Pose's does.

    Args:
        switch_epoch (int): First epoch with the loss, counted from 0.
    """

    def __init__(self, switch_epoch: int) -> None:
        self.switch_epoch = switch_epoch

    def before_train_epoch(self, runner: Runner) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        model.head.use_aux_loss = runner.epoch >= self.switch_epoch
