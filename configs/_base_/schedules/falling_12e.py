# Continues constant_160e.py from any epoch, in batches of half the size: the learning rate
# falls to 0; the last epochs are without mosaics.
_base_ = './constant_160e.py'

max_epochs = 12
num_last_epochs = 4
train_cfg = dict(
    max_epochs=max_epochs, val_interval=4, dynamic_intervals=[(max_epochs - 4, 1)])
auto_scale_lr = dict(base_batch_size=16)
optim_wrapper = dict(
    optimizer=dict(lr=0.0014),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.2))))
ema_hook = dict(momentum=0.002, gamma=500)  # the mean of a short time: 4,000 steps in all
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-2, by_epoch=False, begin=0, end=100),
    dict(
        type='PolyLR',
        power=1.0,
        eta_min=0,
        by_epoch=True,
        begin=0,
        end=max_epochs,
        convert_to_iter_based=True),
]
