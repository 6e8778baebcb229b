# Warm-up, then a constant learning rate: falling_12e.py can continue from any epoch.
_base_ = './adamw_12e.py'

max_epochs = 160
num_last_epochs = 0
train_cfg = dict(
    max_epochs=max_epochs, val_interval=20, dynamic_intervals=[(max_epochs, 1)])
auto_scale_lr = dict(base_batch_size=32)
optim_wrapper = dict(optimizer=dict(lr=0.002, fused=True))
ema_hook = dict(
    type='EMAHook',
    ema_type='ExpMomentumEMA',
    momentum=0.001,
    update_buffers=True,
    priority=49)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-2, by_epoch=False, begin=0, end=500)
]
