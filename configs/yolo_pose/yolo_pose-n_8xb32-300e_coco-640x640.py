_base_ = [
    '../_base_/datasets/coco_640.py', '../_base_/models/yolo_pose_n.py',
    '../_base_/schedules/adamw_300e.py'
]

custom_hooks = [
    dict(type='ChannelsLastHook'),
    dict(
        type='mmdet.PipelineSwitchHook',
        switch_epoch=_base_.max_epochs - _base_.num_last_epochs,
        switch_pipeline=_base_.closing_pipeline),
    dict(type='AuxLossHook', switch_epoch=_base_.max_epochs - _base_.num_last_epochs),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0002,
        update_buffers=True,
        priority=49),
]
