# SMPR's head in place of ER-Pose's; all else is the same.
_base_ = '../erpose/erpose-n_1xb16-8e_synthetic-192x192.py'

model = dict(
    head=dict(
        _delete_=True,
        type='SMPRHead',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        in_channels=64,
        feat_channels=64,
        num_convs=2,
        gathered_channels=32,
        use_depthwise=True))
