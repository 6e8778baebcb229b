# Generated crowds: python tools/make_synthetic.py data/synthetic/train --num 1000 --seed 0
#                   python tools/make_synthetic.py data/synthetic/val --num 200 --seed 1
_base_ = './coco_640.py'

data_root = '{{$ERPOSE_DATA:data}}/'
input_size = (320, 320)
pad = 114
train_pipeline = [
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
closing_pipeline = train_pipeline
val_pipeline = [
    dict(type='LoadTestImage'),
    dict(type='BottomupResize', input_size=input_size, pad_val=(pad, pad, pad)),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size',
                   'input_center', 'input_scale')),
]
train_dataloader = dict(
    batch_size=16,
    num_workers=2,
    dataset=dict(
        ann_file='synthetic/train/annotations.json',
        data_prefix=dict(img='synthetic/train/images/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=8,
    num_workers=2,
    dataset=dict(
        ann_file='synthetic/val/annotations.json',
        data_prefix=dict(img='synthetic/val/images/'),
        pipeline=val_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'synthetic/val/annotations.json')
test_evaluator = val_evaluator
