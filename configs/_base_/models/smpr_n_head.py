# SMPR's head at size n, which replaces ER-Pose's.
smpr_head = dict(
    type='SMPRHead',
    metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
    in_channels=64,
    feat_channels=64,
    num_convs=2,
    gathered_channels=32,
    use_depthwise=True)
