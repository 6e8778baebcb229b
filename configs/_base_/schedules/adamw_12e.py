# An hour or two on one CPU core.
_base_ = './adamw_30e.py'

max_epochs = 12
num_last_epochs = 3
train_cfg = dict(
    max_epochs=max_epochs, val_interval=4, dynamic_intervals=[(max_epochs, 1)])
auto_scale_lr = dict(base_batch_size=8)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-2, by_epoch=False, begin=0, end=200),
    dict(
        type='CosineAnnealingLR',
        eta_min=2e-5,
        by_epoch=True,
        begin=0,
        end=max_epochs,
        T_max=max_epochs,
        convert_to_iter_based=True),
]
