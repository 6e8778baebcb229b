_base_ = [
    '../_base_/datasets/own_416.py', '../_base_/models/erpose_n_hardswish.py',
    '../_base_/schedules/adamw_30e.py'
]

num_last_epochs = 0  # one pipeline for all epochs
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
