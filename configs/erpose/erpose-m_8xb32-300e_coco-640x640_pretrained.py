_base_ = './erpose-m_8xb32-300e_coco-640x640.py'

checkpoint = 'https://download.openmmlab.com/mmdetection/v3.0/rtmdet/' \
    'rtmdet_m_8xb32-300e_coco/rtmdet_m_8xb32-300e_coco_20220719_112220-229f527c.pth'
model = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
