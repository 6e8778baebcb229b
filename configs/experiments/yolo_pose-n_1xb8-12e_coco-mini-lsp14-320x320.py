_base_ = [
    './yolo_pose-n_1xb8-12e_coco-mini-lsp-320x320.py', '../_base_/datasets/joints14.py'
]

metainfo = _base_.crowdpose_info
model = dict(
    head=dict(
        num_keypoints=14,
        assigner=dict(oks_calculator=dict(metainfo=metainfo['from_file'])),
        loss_oks=dict(metainfo=metainfo['from_file'])))
train_dataloader = _base_.train_dataloader14
val_dataloader = _base_.test_dataloader14
test_dataloader = val_dataloader
val_evaluator = _base_.test_evaluator14
test_evaluator = val_evaluator
