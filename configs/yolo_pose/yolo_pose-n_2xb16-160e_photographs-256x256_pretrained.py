_base_ = [
    './yolo_pose-n_2xb16-160e_photographs-256x256.py',
    '../_base_/models/rtmdet_nano_person.py'
]

model = _base_.initialised
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.2))))
