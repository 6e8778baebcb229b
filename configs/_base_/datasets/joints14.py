# CrowdPose's 14 joints, for configs over coco_mini_lsp_320.py: in each epoch, coco-mini and
# half of LSP Extended. The test set is scenes composed of LSP's photographs.
root = '{{$ERPOSE_DATA:data}}/'
coco_info = dict(from_file='configs/_base_/datasets/coco.py')
crowdpose_info = dict(from_file='configs/_base_/datasets/crowdpose.py')
# COCO has neither head top nor neck: only 0-11 are supervised there.
coco_joints14 = dict(
    type='KeypointConverter', num_keypoints=14, mapping=[(i + 5, i) for i in range(12)])
lsp_joints14 = dict(
    type='KeypointConverter', num_keypoints=14, mapping=[(i, i) for i in range(14)])
train_dataloader14 = dict(
    dataset=dict(
        sample_ratio_factor=[1.0, 0.5],
        metainfo=crowdpose_info,
        datasets=[
            dict(
                type='KeypointDataset',
                metainfo=coco_info,
                data_root=root,
                ann_file='coco-mini/train/annotations_coco17.json',
                data_prefix=dict(img='coco-mini/train/images/'),
                pipeline=[dict(type='LoadTrainImage'), coco_joints14]),
            dict(
                type='KeypointDataset',
                metainfo=crowdpose_info,
                data_root=root,
                ann_file='lsp/train/annotations_crowdpose14.json',
                data_prefix=dict(img='lsp/train/images/'),
                pipeline=[dict(type='LoadTrainImage'), lsp_joints14]),
        ]))
test_dataloader14 = dict(
    dataset=dict(
        metainfo=crowdpose_info,
        ann_file='lsp/val_scenes/annotations_crowdpose14.json',
        data_prefix=dict(img='lsp/val_scenes/images/')))
test_evaluator14 = dict(ann_file=root + 'lsp/val_scenes/annotations_crowdpose14.json')
