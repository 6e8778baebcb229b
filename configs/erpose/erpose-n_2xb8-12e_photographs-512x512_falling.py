# Ends a training of photographs-256x256 at a falling learning rate: set load_from (or
# --cfg-options load_from=…) to one of its checkpoints. Most epochs show parts of pictures
# at 416x416, the last ones whole pictures at 512x512.
_base_ = [
    '../_base_/datasets/photographs_256_zoomed.py',
    '../_base_/models/erpose_n_hardswish.py',
    '../_base_/schedules/falling_12e.py'
]

input_size, size_of_parts = (512, 512), (416, 416)
train_pipeline, closing_pipeline, val_pipeline = (
    _base_.train_pipeline, _base_.closing_pipeline, _base_.val_pipeline)
for part in (*train_pipeline[0]['transforms'][0], *train_pipeline[0]['transforms'][1]):
    part['img_scale' if part['type'] == 'PoseMosaic' else 'input_size'] = size_of_parts
del part
closing_pipeline[0]['input_size'] = val_pipeline[1]['input_size'] = input_size
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=train_pipeline))
test_dataloader = val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
model = dict(backbone=dict(frozen_stages=1), head=dict(heatmap_sigma=1.0))
optim_wrapper = dict(optimizer=dict(lr=0.0007))
custom_hooks = [
    dict(type='ChannelsLastHook'),
    dict(
        type='mmdet.PipelineSwitchHook',
        switch_epoch=_base_.max_epochs - _base_.num_last_epochs,
        switch_pipeline=closing_pipeline),
    _base_.ema_hook,
]
