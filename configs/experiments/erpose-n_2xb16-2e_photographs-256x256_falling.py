# Compares choices for the continued phase: two epochs at a falling learning rate from one
# of its checkpoints, tested at 416x416, without a moving average.
_base_ = [
    '../_base_/datasets/photographs_256_zoomed.py',
    '../_base_/models/erpose_n_hardswish.py', '../_base_/schedules/falling_12e.py'
]

load_from = 'checkpoints/training/erpose-n_photographs-256x256_continued.pth'

max_epochs, num_last_epochs = 2, 0
train_cfg = dict(
    max_epochs=max_epochs, val_interval=max_epochs, dynamic_intervals=[(max_epochs, 1)])
auto_scale_lr = dict(base_batch_size=32)
optim_wrapper = dict(optimizer=dict(lr=0.0007))
param_scheduler = _base_.param_scheduler
param_scheduler[0].update(start_factor=0.05, end=40)
param_scheduler[1].update(end=max_epochs)
model = dict(backbone=dict(frozen_stages=1), head=dict(heatmap_sigma=1.0))
custom_hooks = [dict(type='ChannelsLastHook')]
val_pipeline = _base_.val_pipeline
val_pipeline[1]['input_size'] = (416, 416)
test_dataloader = val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
