# LSP Extended with CrowdPose's 14 joints; tested on scenes composed of its photographs.
_base_ = './coco_mini_lsp_320.py'

data_root = '{{$ERPOSE_DATA:data}}/'
metainfo = dict(from_file='configs/_base_/datasets/crowdpose.py')
scenes = dict(
    metainfo=metainfo,
    ann_file='lsp/val_scenes/annotations_crowdpose14.json',
    data_prefix=dict(img='lsp/val_scenes/images/'))
train_dataloader = dict(
    dataset=dict(
        sample_ratio_factor=None,
        metainfo=metainfo,
        datasets=[
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='lsp/train/annotations_crowdpose14.json',
                data_prefix=dict(img='lsp/train/images/'),
                pipeline=[dict(type='LoadTrainImage')])
        ]))
val_dataloader = dict(dataset=scenes)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'lsp/val_scenes/annotations_crowdpose14.json')
test_evaluator = val_evaluator
