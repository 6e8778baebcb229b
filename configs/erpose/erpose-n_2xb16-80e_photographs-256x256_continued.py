# Continues the constant phase, or the checkpoint of --cfg-options load_from=…, at half its
# learning rate, with larger people and narrower heatmaps. Frozen first layers save time.
_base_ = [
    '../_base_/datasets/photographs_256_zoomed.py',
    '../_base_/models/erpose_n_hardswish.py',
    '../_base_/schedules/constant_160e.py'
]

load_from = 'work_dirs/erpose-n_2xb16-160e_photographs-256x256_pretrained/epoch_71.pth'

max_epochs = 80
train_cfg = dict(
    max_epochs=max_epochs, val_interval=10, dynamic_intervals=[(max_epochs, 1)])
model = dict(backbone=dict(frozen_stages=1), head=dict(heatmap_sigma=1.0))
optim_wrapper = dict(
    optimizer=dict(lr=0.001),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.2))))
custom_hooks = [dict(type='ChannelsLastHook'), _base_.ema_hook]
