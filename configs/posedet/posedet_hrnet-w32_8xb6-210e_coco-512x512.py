_base_ = [
    '../_base_/datasets/coco_512.py', '../_base_/models/posedet_hrnet_w32.py',
    '../_base_/schedules/adam_210e.py'
]

custom_hooks = [dict(type='PosePriorHook')]
