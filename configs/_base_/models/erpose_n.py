_base_ = './rtmdet_frame_n.py'

model = dict(
    head=dict(
        type='ERPoseHead',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        in_channels=64,
        score_channels=64,
        pose_channels=128,
        use_depthwise=True))
