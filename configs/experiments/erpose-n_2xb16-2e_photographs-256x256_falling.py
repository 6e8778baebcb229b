# Compares optimizers: two epochs at a falling learning rate from a checkpoint of the constant
# phase (--cfg-options load_from=…).
_base_ = '../erpose/erpose-n_2xb16-80e_photographs-256x256_continued.py'

max_epochs = 2
train_cfg = dict(
    max_epochs=max_epochs, val_interval=max_epochs, dynamic_intervals=[(max_epochs, 1)])
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=40),
    dict(
        type='PolyLR',
        power=1.0,
        eta_min=0,
        by_epoch=True,
        begin=0,
        end=max_epochs,
        convert_to_iter_based=True),
]
custom_hooks = [dict(type='ChannelsLastHook')]
