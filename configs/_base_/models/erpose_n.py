_base_ = './rtmdet_frame_n.py'

model = dict(
    head=dict(
        type='ERPoseHead',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        in_channels=64,
        score_channels=64,
        pose_channels=128,
        use_depthwise=True,
        loss_score=dict(type='VariFocalLoss', use_target_weight=True, reduction='sum'),
        loss_pose=dict(type='SmoothOKSLoss', loss_weight=10.0),
        loss_vis=dict(
            type='BCELoss', use_target_weight=True, reduction='sum', loss_weight=0.5),
        loss_heatmap=dict(type='FocalHeatmapLoss')))
