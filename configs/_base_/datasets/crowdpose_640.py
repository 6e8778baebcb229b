# CrowdPose, trained on trainval as in the literature.
_base_ = './coco_640.py'

data_root = '{{$ERPOSE_DATA:data}}/'
metainfo = dict(from_file='configs/_base_/datasets/crowdpose.py')
train_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        ann_file='crowdpose/annotations/mmpose_crowdpose_trainval.json',
        data_prefix=dict(img='crowdpose/images/')))
val_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        ann_file='crowdpose/annotations/mmpose_crowdpose_test.json',
        data_prefix=dict(img='crowdpose/images/')))
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'crowdpose/annotations/mmpose_crowdpose_test.json',
    iou_type='keypoints_crowd',
    use_area=False,
    prefix='crowdpose')
test_evaluator = val_evaluator

default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP'))
