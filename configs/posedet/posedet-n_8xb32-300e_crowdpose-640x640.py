# PoseDet's head in place of ER-Pose's; all else is the same.
_base_ = '../erpose/erpose-n_8xb32-300e_crowdpose-640x640.py'

model = dict(
    head=dict(
        _delete_=True,
        type='PoseDetHead',
        metainfo=_base_.metainfo,
        in_channels=64,
        feat_channels=64,
        gathered_channels=16,
        use_depthwise=True))
