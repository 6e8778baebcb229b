# All our photographs, with COCO's 17 joints: COCO, everyday photographs labelled by other
# models, LSP and LSP Extended. An epoch has 5,216 samples, half of them mosaics.
# ERPOSE_DATA names the folder that holds coco-mini/, coco-more/, photos/, lsp/ and
# lsp-original/.
_base_ = './coco_mini_lsp_320.py'

data_root, metainfo, input_size = _base_.data_root, _base_.metainfo, (256, 256)
load = [dict(type='LoadTrainImage')]

mosaic, zoom_out, *rest = _base_.train_pipeline
zoom_in = _base_.closing_pipeline[0]
mosaic['img_scale'] = zoom_out['input_size'] = zoom_in['input_size'] = input_size
train_pipeline = [
    dict(type='RandomChoice', transforms=[[mosaic, zoom_out], [zoom_in]]),
    *rest,
]
closing_pipeline = [zoom_in, *rest]
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        sample_ratio_factor=[0.8, 0.8, 1.0, 0.3, 0.12],
        pipeline=train_pipeline,
        datasets=[
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='coco-mini/train/annotations_coco17.json',
                data_prefix=dict(img='coco-mini/train/images/'),
                pipeline=[*load, _base_.coco_joints]),
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='coco-more/train/annotations_coco17.json',
                data_prefix=dict(img='coco-more/train/images/'),
                pipeline=[*load, _base_.coco_joints]),
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='photos/train/annotations_coco17.json',
                data_prefix=dict(img='photos/train/images/'),
                pipeline=[*load, _base_.coco_joints]),
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='lsp-original/train/annotations_coco17.json',
                data_prefix=dict(img='lsp-original/train/images/'),
                pipeline=[*load, _base_.lsp_joints]),
            dict(
                type='KeypointDataset',
                metainfo=metainfo,
                data_root=data_root,
                ann_file='lsp/train/annotations_coco17_with_others.json',
                data_prefix=dict(img='lsp/train/images/'),
                pipeline=[*load, _base_.lsp_joints]),
        ]))
