# SMPR's head in place of ER-Pose's; all else is the same.
_base_ = [
    './erpose-n_1xb8-12e_coco-mini-lsp-320x320.py',
    '../_base_/models/smpr_n_head.py'
]

model = dict(head=dict(_base_.smpr_head, _delete_=True))
