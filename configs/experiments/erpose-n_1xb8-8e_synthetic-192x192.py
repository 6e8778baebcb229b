_base_ = [
    '../_base_/datasets/synthetic_192.py', '../_base_/models/erpose_n.py',
    '../_base_/schedules/adamw_8e.py'
]

custom_hooks = [
    dict(type='PosePriorHook'),
    dict(type='ChannelsLastHook'),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0005,
        update_buffers=True,
        priority=49),
]
