_base_ = [
    '../_base_/datasets/coco_800.py', '../_base_/models/posedet_hrnet_w32.py',
    '../_base_/schedules/sgd_30e.py'
]

model = dict(head=dict(type='SMPRHead'))
train_cfg = dict(max_epochs=100)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=500),
    dict(type='MultiStepLR', by_epoch=True, milestones=[80, 90], gamma=0.1),
]
custom_hooks = [dict(type='PosePriorHook')]
