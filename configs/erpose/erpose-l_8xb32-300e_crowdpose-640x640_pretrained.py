_base_ = './erpose-l_8xb32-300e_crowdpose-640x640.py'

checkpoint = 'https://download.openmmlab.com/mmdetection/v3.0/rtmdet/' \
    'rtmdet_l_8xb32-300e_coco/rtmdet_l_8xb32-300e_coco_20220719_112030-5a0be7c4.pth'
model = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
