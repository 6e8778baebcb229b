# CrowdPose's 14 joints, from the 17 of erpose-n: all layers start from its weights, except
# those that have channels for each joint. An epoch has 4,752 samples and a larger share of
# LSP, which alone has head tops and necks, than one of photographs-256x256.
_base_ = [
    './erpose-n_2xb8-12e_photographs-416x416_falling.py', '../_base_/datasets/joints14.py'
]

load_from = 'erpose-n'  # of the zoo
metainfo = _base_.crowdpose_info
model = dict(head=dict(metainfo=metainfo))

# Mosaics until the end: crowds consist of many people, most of them small.
max_epochs, num_last_epochs = 5, 0
train_cfg = dict(max_epochs=max_epochs, dynamic_intervals=[(max_epochs, 1)])
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(end=max_epochs)
custom_hooks = [
    dict(type='PosePriorHook'),
    dict(type='ChannelsLastHook'),
    _base_.ema_hook,
]

datasets = _base_.train_dataloader.dataset.datasets
for part in datasets[:3]:
    part.pipeline[1] = _base_.coco_joints14
for part in datasets[3:]:
    part.update(metainfo=metainfo, ann_file=part.ann_file.replace('coco17', 'crowdpose14'))
    part.pipeline[1] = _base_.lsp_joints14
del part
train_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        sample_ratio_factor=[0.5, 0.5, 0.5, 0.5, 0.2],
        datasets=datasets))
test_dataloader = val_dataloader = _base_.test_dataloader14
test_evaluator = val_evaluator = _base_.test_evaluator14
