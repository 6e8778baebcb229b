_base_ = [
    '../_base_/datasets/photographs_256.py', '../_base_/models/erpose_n_hardswish.py',
    '../_base_/schedules/constant_160e.py'
]

custom_hooks = [
    dict(type='PosePriorHook'),
    dict(type='ChannelsLastHook'),
    _base_.ema_hook,
]
