# CrowdPose's 14 joints: COCO scenes and half of LSP Extended an epoch; tested on scenes
# composed of LSP's photographs.
_base_ = './coco_mini_lsp_320.py'

data_root = '{{$ERPOSE_DATA:data}}/'
metainfo = dict(from_file='configs/_base_/datasets/crowdpose.py')
# COCO has neither head top nor neck: only 0-11 are supervised there.
coco_joints = dict(
    type='KeypointConverter', num_keypoints=14, mapping=[(i + 5, i) for i in range(12)])
lsp_joints = dict(
    type='KeypointConverter', num_keypoints=14, mapping=[(i, i) for i in range(14)])
scenes = dict(
    metainfo=metainfo,
    ann_file='lsp/val_scenes/annotations_crowdpose14.json',
    data_prefix=dict(img='lsp/val_scenes/images/'))
train_dataloader = dict(
    dataset=dict(
        sample_ratio_factor=[1.0, 0.5],
        metainfo=metainfo,
        datasets=[
            dict(
                type='KeypointDataset',
                metainfo=_base_.metainfo,
                data_root=data_root,
                ann_file='coco-mini/train/annotations_coco17.json',
                data_prefix=dict(img='coco-mini/train/images/'),
                pipeline=[dict(type='LoadTrainImage'), coco_joints]),
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='lsp/train/annotations_crowdpose14.json',
                data_prefix=dict(img='lsp/train/images/'),
                pipeline=[dict(type='LoadTrainImage'), lsp_joints]),
        ]))
val_dataloader = dict(dataset=scenes)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'lsp/val_scenes/annotations_crowdpose14.json')
test_evaluator = val_evaluator
