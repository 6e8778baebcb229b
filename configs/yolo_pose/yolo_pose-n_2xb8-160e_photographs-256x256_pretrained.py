# ER-Pose-n's training of the same name, but for the head.
_base_ = [
    '../_base_/datasets/photographs_256.py', '../_base_/models/yolo_pose_n_hardswish.py',
    '../_base_/schedules/constant_160e.py', '../_base_/models/rtmdet_nano_person.py'
]

model = _base_.initialised
model['backbone']['frozen_stages'] = -1  # its activations are new
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.2))))
custom_hooks = [
    dict(type='ChannelsLastHook'),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0005,
        update_buffers=True,
        priority=49),
]
