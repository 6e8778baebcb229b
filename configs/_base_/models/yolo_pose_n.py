# YOLO-Pose as in MMPose (YOLOX-Pose's head, SimOTA, OKS loss, box NMS), except that
# it ignores crowd regions and people without keypoints, as the other systems do.
_base_ = './rtmdet_frame_n.py'

keypoint_info = 'configs/_base_/datasets/coco.py'
model = dict(
    head=dict(
        type='YOLOPoseHead',
        num_keypoints=17,
        featmap_strides=(8, 16, 32),
        head_module_cfg=dict(
            num_classes=1,
            in_channels=256,
            feat_channels=256,
            widen_factor=0.25,
            stacked_convs=2,
            norm_cfg=dict(type='BN', momentum=0.03, eps=0.001),
            act_cfg=dict(type='SiLU', inplace=True)),
        prior_generator=dict(
            type='MlvlPointGenerator', centralize_points=True, strides=[8, 16, 32]),
        assigner=dict(
            type='SimOTAAssigner',
            dynamic_k_indicator='oks',
            oks_calculator=dict(type='PoseOKS', metainfo=keypoint_info)),
        overlaps_power=0.5,
        loss_cls=dict(type='BCELoss', reduction='sum', loss_weight=1.0),
        loss_obj=dict(
            type='BCELoss', use_target_weight=True, reduction='sum', loss_weight=1.0),
        loss_bbox=dict(
            type='IoULoss', mode='square', eps=1e-16, reduction='sum', loss_weight=5.0),
        loss_oks=dict(
            type='OKSLoss',
            reduction='none',
            metainfo=keypoint_info,
            norm_target_weight=True,
            loss_weight=30.0),
        loss_vis=dict(
            type='BCELoss', use_target_weight=True, reduction='mean', loss_weight=1.0),
        loss_bbox_aux=dict(type='L1Loss', reduction='sum', loss_weight=1.0)),
    test_cfg=dict(score_thr=0.001, nms_thr=0.65))
