# PoseDet's head at size n, which replaces ER-Pose's.
posedet_head = dict(
    type='PoseDetHead',
    metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
    in_channels=64,
    feat_channels=64,
    gathered_channels=16,
    use_depthwise=True)
