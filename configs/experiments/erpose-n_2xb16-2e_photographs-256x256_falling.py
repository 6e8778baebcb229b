# Compares choices for the continued phase: two epochs at a falling learning rate from one
# of its checkpoints, tested at 416x416.
_base_ = '../erpose/erpose-n_2xb16-80e_photographs-256x256_continued.py'

load_from = 'checkpoints/training/erpose-n_photographs-256x256_continued.pth'

max_epochs = 2
train_cfg = dict(
    max_epochs=max_epochs, val_interval=max_epochs, dynamic_intervals=[(max_epochs, 1)])
optim_wrapper = dict(optimizer=dict(lr=0.0007))
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
val_pipeline = _base_.val_pipeline
val_pipeline[1]['input_size'] = (416, 416)
test_dataloader = val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
