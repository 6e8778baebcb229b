_base_ = [
    './erpose-n_2xb8-160e_photographs-256x256.py',
    '../_base_/models/rtmdet_nano_person.py'
]

model = _base_.initialised
model['backbone']['frozen_stages'] = -1  # its activations are new
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.2))))
