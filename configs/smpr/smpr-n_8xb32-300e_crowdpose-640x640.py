# SMPR's head in place of ER-Pose's; all else is the same.
_base_ = [
    '../erpose/erpose-n_8xb32-300e_crowdpose-640x640.py',
    '../_base_/models/smpr_n_head.py'
]

model = dict(head=dict(_base_.smpr_head, _delete_=True, metainfo=_base_.metainfo))
