# SMPR on ResNet-50 with a five-level FPN; the head shares its weights over the levels.
model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=32),
    backbone=dict(
        type='mmdet.ResNet',
        depth=50,
        num_stages=4,
        out_indices=(0, 1, 2, 3),
        frozen_stages=1,
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=True,
        style='pytorch',
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    neck=dict(
        type='mmdet.FPN',
        in_channels=[256, 512, 1024, 2048],
        out_channels=256,
        start_level=1,
        add_extra_convs='on_input',
        num_outs=5),
    head=dict(
        type='SMPRHead',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        in_channels=256,
        strides=(8, 16, 32, 64, 128),
        shared=True,
        norm_cfg=dict(type='GN', num_groups=32),
        act_cfg=dict(type='ReLU', inplace=True)),
    test_cfg=dict(score_thr=0.001))
