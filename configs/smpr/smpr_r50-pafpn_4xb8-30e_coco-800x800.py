_base_ = './smpr_r50_4xb8-30e_coco-800x800.py'

model = dict(neck=dict(type='mmdet.PAFPN'))
