# A small set of photographs with COCO's 17 joints: an epoch is coco-mini twice and a fifth
# of LSP Extended. At 320x320 one CPU core trains an epoch in minutes.
# ERPOSE_DATA names the folder that holds coco-mini/ and lsp/.
_base_ = '../default_runtime.py'

data_root = '{{$ERPOSE_DATA:data}}/'
metainfo = dict(from_file='configs/_base_/datasets/coco.py')
input_size = (320, 320)
val_ann_file = data_root + 'coco-mini/val/annotations_coco17.json'

# LSP has no face joints: only 5-16 are supervised there.
coco_joints = dict(
    type='KeypointConverter', num_keypoints=17, mapping=[(i, i) for i in range(17)])
lsp_joints = dict(
    type='KeypointConverter', num_keypoints=17, mapping=[(i, i) for i in range(5, 17)])

pad = 114
train_pipeline = [
    dict(
        type='PoseMosaic', img_scale=input_size, pad_val=pad, pre_transform=[]),
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
    dict(type='YOLOXHSVRandomAug'),
    dict(type='PoseRandomFlip'),
    dict(type='FilterPersons'),
    dict(type='PackPoseTargets'),
]
closing_pipeline = [
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        shift_factor=0.1,
        rotate_factor=10,
        scale_factor=(0.7, 1.2),
        scale_type='long',
        distribution='uniform',
        pad_val=pad,
        bbox_keep_corner=False,
        clip_border=True),
    dict(type='YOLOXHSVRandomAug'),
    dict(type='PoseRandomFlip'),
    dict(type='FilterPersons'),
    dict(type='PackPoseTargets'),
]
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    worker_init_fn=dict(type='seed_worker'),
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CombinedDataset',
        metainfo=metainfo,
        sample_ratio_factor=[2.0, 0.2],
        pipeline=train_pipeline,
        datasets=[
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='coco-mini/train/annotations_coco17.json',
                data_prefix=dict(img='coco-mini/train/images/'),
                pipeline=[dict(type='LoadTrainImage'), coco_joints]),
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='lsp/train/annotations_coco17.json',
                data_prefix=dict(img='lsp/train/images/'),
                pipeline=[dict(type='LoadTrainImage'), lsp_joints]),
        ]))

val_pipeline = [
    dict(type='LoadTestImage'),
    dict(type='BottomupResize', input_size=input_size, pad_val=(pad, pad, pad)),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size',
                   'input_center', 'input_scale')),
]
val_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='KeypointDataset',
        metainfo=metainfo,
        data_root=data_root,
        ann_file='coco-mini/val/annotations_coco17.json',
        data_prefix=dict(img='coco-mini/val/images/'),
        test_mode=True,
        pipeline=val_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='PoseMetric', ann_file=val_ann_file)
test_evaluator = val_evaluator
