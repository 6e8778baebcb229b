# PoseDet on HRNet-W32 with a five-level FPN; the head shares its weights over the levels.
model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=32),
    backbone=dict(
        type='mmdet.HRNet',
        extra=dict(
            stage1=dict(
                num_modules=1, num_branches=1, block='BOTTLENECK', num_blocks=(4, ),
                num_channels=(64, )),
            stage2=dict(
                num_modules=1, num_branches=2, block='BASIC', num_blocks=(4, 4),
                num_channels=(32, 64)),
            stage3=dict(
                num_modules=4, num_branches=3, block='BASIC', num_blocks=(4, 4, 4),
                num_channels=(32, 64, 128)),
            stage4=dict(
                num_modules=3, num_branches=4, block='BASIC', num_blocks=(4, 4, 4, 4),
                num_channels=(32, 64, 128, 256))),
        init_cfg=dict(type='Pretrained', checkpoint='open-mmlab://msra/hrnetv2_w32')),
    neck=dict(
        type='mmdet.HRFPN', in_channels=[32, 64, 128, 256], out_channels=256, stride=2,
        num_outs=5),
    head=dict(
        type='PoseDetHead',
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        in_channels=256,
        strides=(8, 16, 32, 64, 128),
        shared=True,
        norm_cfg=dict(type='GN', num_groups=32),
        act_cfg=dict(type='ReLU', inplace=True)),
    test_cfg=dict(score_thr=0.001))
