_base_ = './erpose-s_8xb32-300e_crowdpose-640x640.py'

checkpoint = 'https://download.openmmlab.com/mmdetection/v3.0/rtmdet/' \
    'rtmdet_s_8xb32-300e_coco/rtmdet_s_8xb32-300e_coco_20220905_161602-387a891e.pth'
model = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
