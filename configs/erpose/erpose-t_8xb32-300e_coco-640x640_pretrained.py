_base_ = './erpose-t_8xb32-300e_coco-640x640.py'

checkpoint = 'https://download.openmmlab.com/mmdetection/v3.0/rtmdet/' \
    'rtmdet_tiny_8xb32-300e_coco/rtmdet_tiny_8xb32-300e_coco_20220902_112414-78e30dcc.pth'
model = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
