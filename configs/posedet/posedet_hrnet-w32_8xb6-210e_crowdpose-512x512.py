_base_ = [
    '../_base_/datasets/crowdpose_512.py', '../_base_/models/posedet_hrnet_w32.py',
    '../_base_/schedules/adam_210e.py'
]

model = dict(head=dict(metainfo=_base_.metainfo))
custom_hooks = [dict(type='PosePriorHook')]
