# COCO with 17 keypoints. ERPOSE_DATA names the folder that holds coco/.
_base_ = '../default_runtime.py'

data_root = '{{$ERPOSE_DATA:data}}/'
metainfo = dict(from_file='configs/_base_/datasets/coco.py')
input_size = (640, 640)
pad = 114

train_pipeline = [
    dict(type='LoadTrainImage'),
    dict(
        type='PoseMosaic',
        img_scale=input_size,
        pad_val=pad,
        pre_transform=[dict(type='LoadTrainImage')]),
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        shift_factor=0.1,
        rotate_factor=10,
        scale_factor=(0.35, 0.8),  # of the mosaic, which is two inputs wide
        scale_type='long',
        pad_val=pad,
        distribution='uniform',
        bbox_keep_corner=False,
        clip_border=True),
    dict(
        type='PoseMixUp',
        img_scale=input_size,
        ratio_range=(0.8, 1.6),
        pad_val=pad,
        prob=0.5,
        pre_transform=[dict(type='LoadTrainImage')]),
    dict(type='YOLOXHSVRandomAug'),
    dict(type='PoseRandomFlip'),
    dict(type='FilterPersons'),
    dict(type='PackPoseTargets'),
]
closing_pipeline = [
    dict(type='LoadTrainImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        shift_factor=0.1,
        rotate_factor=10,
        scale_factor=(0.7, 1.2),
        scale_type='long',
        pad_val=pad,
        distribution='uniform',
        bbox_keep_corner=False,
        clip_border=True),
    dict(type='YOLOXHSVRandomAug'),
    dict(type='PoseRandomFlip'),
    dict(type='FilterPersons'),
    dict(type='PackPoseTargets'),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    worker_init_fn=dict(type='seed_worker'),
    pin_memory=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='KeypointDataset',
        metainfo=metainfo,
        data_root=data_root,
        ann_file='coco/annotations/person_keypoints_train2017.json',
        data_prefix=dict(img='coco/train2017/'),
        pipeline=train_pipeline))

val_pipeline = [
    dict(type='LoadTestImage'),
    dict(type='BottomupResize', input_size=input_size, pad_val=(pad, pad, pad)),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size',
                   'input_center', 'input_scale')),
]
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='KeypointDataset',
        metainfo=metainfo,
        data_root=data_root,
        ann_file='coco/annotations/person_keypoints_val2017.json',
        data_prefix=dict(img='coco/val2017/'),
        test_mode=True,
        pipeline=val_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(
    type='PoseMetric',
    ann_file=data_root + 'coco/annotations/person_keypoints_val2017.json')
test_evaluator = val_evaluator
