# A one-to-one branch learns jointly, from a checkpoint of the constant phase (load_from),
# whose score branch it starts from.
_base_ = '../erpose/erpose-n_2xb16-160e_photographs-256x256_pretrained.py'

custom_imports = dict(
    imports=['erpose', 'erpose_bench.one_to_one'], allow_failed_imports=False)
max_epochs = 12
train_cfg = dict(max_epochs=max_epochs, val_interval=4, dynamic_intervals=[(max_epochs, 1)])
model = dict(backbone=dict(frozen_stages=-1), head=dict(type='OneToOneHead'))
optim_wrapper = dict(optimizer=dict(lr=0.0028))
custom_hooks = [
    dict(type='RampHook'),
    dict(type='ChannelsLastHook'),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0005,
        update_buffers=True,
        priority=49),
]
