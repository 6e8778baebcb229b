# PoseDet's head in place of ER-Pose's; all else is the same.
_base_ = [
    '../erpose/erpose-n_8xb32-300e_coco-640x640.py',
    '../_base_/models/posedet_n_head.py'
]

model = dict(head=dict(_base_.posedet_head, _delete_=True))
