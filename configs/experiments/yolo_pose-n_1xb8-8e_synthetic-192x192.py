_base_ = [
    '../_base_/datasets/synthetic_192.py', '../_base_/models/yolo_pose_n.py',
    '../_base_/schedules/adamw_8e.py'
]

custom_hooks = [
    dict(type='ChannelsLastHook'),
    dict(type='AuxLossHook', switch_epoch=_base_.max_epochs - 2),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0005,
        update_buffers=True,
        priority=49),
]
