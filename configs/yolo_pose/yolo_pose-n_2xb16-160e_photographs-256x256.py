# The training of the ER-Pose-n config of the same name, with another head.
_base_ = [
    '../_base_/datasets/photographs_256.py', '../_base_/models/yolo_pose_n_hardswish.py',
    '../_base_/schedules/constant_160e.py'
]

custom_hooks = [
    dict(type='ChannelsLastHook'),
    _base_.ema_hook,
]
