# For the paper's comparison with other systems (section IV-C).
_base_ = [
    '../_base_/datasets/coco_800.py', '../_base_/models/smpr_r50.py',
    '../_base_/schedules/sgd_100e.py'
]

custom_hooks = [dict(type='PosePriorHook')]
