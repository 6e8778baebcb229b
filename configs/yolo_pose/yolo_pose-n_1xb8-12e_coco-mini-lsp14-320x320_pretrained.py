_base_ = './yolo_pose-n_1xb8-12e_coco-mini-lsp14-320x320.py'

# RTMDet-nano, person detector. RTMDET_NANO may name a local copy.
checkpoint = '{{$RTMDET_NANO:https://download.openmmlab.com/mmpose/v1/projects/rtmpose/rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e.pth}}'  # noqa: E501
model = dict(
    backbone=dict(
        frozen_stages=1,
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
