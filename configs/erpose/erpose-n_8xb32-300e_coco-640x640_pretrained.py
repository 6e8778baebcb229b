_base_ = './erpose-n_8xb32-300e_coco-640x640.py'

checkpoint = 'https://download.openmmlab.com/mmpose/v1/projects/' \
    'rtmpose/rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e.pth'
model = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
