# PoseDet's head in place of ER-Pose's; all else is the same.
_base_ = [
    './erpose-n_1xb8-8e_synthetic-192x192.py',
    '../_base_/models/posedet_n_head.py'
]

model = dict(head=dict(_base_.posedet_head, _delete_=True))
