_base_ = [
    '../_base_/datasets/coco_800.py', '../_base_/models/posedet_hrnet_w32.py',
    '../_base_/schedules/sgd_100e.py'
]

model = dict(head=dict(type='SMPRHead'))
custom_hooks = [dict(type='PosePriorHook')]
