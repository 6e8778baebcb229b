# Faster activations: HardSwish in place of SiLU in backbone and neck, ReLU in the head.
_base_ = './erpose_n.py'

hardswish = dict(type='HSwish', inplace=True)
model = dict(
    backbone=dict(act_cfg=hardswish),
    neck=dict(act_cfg=hardswish),
    head=dict(act_cfg=dict(type='ReLU', inplace=True), heatmap_sigma=1.5))
