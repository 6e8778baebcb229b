# What the paper compares with others (section IV-C).
_base_ = './smpr_r50_4xb8-30e_coco-800x800.py'

train_cfg = dict(max_epochs=100)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=500),
    dict(type='MultiStepLR', by_epoch=True, milestones=[80, 90], gamma=0.1),
]
