# Initialises backbone and neck at size n from RTMDet-nano, a person detector: configs set
# `model` to `initialised`. RTMDET_NANO may name a local copy of the checkpoint.
checkpoint = '{{$RTMDET_NANO:https://download.openmmlab.com/mmpose/v1/projects/rtmpose/rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e.pth}}'  # noqa: E501
initialised = dict(
    backbone=dict(
        frozen_stages=1,
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
slow_backbone = dict(
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
