_base_ = [
    './erpose-n_8xb32-300e_crowdpose-640x640.py', '../_base_/models/rtmdet_nano_person.py'
]

model = dict(
    backbone=dict(init_cfg=_base_.initialised.backbone.init_cfg),
    neck=_base_.initialised.neck)
