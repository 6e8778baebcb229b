# RTMDet's and YOLOX-Pose's schedule: AdamW, warm-up, cosine.
max_epochs = 300
num_last_epochs = 20

train_cfg = dict(
    type='EpochBasedTrainLoop',
    max_epochs=max_epochs,
    val_interval=10,
    dynamic_intervals=[(max_epochs - num_last_epochs, 1)])
val_cfg = dict()
test_cfg = dict()

auto_scale_lr = dict(base_batch_size=256)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.004, weight_decay=0.05),
    paramwise_cfg=dict(norm_decay_mult=0, bias_decay_mult=0, bypass_duplicate=True),
    clip_grad=dict(max_norm=35, norm_type=2))
param_scheduler = [
    dict(
        type='LinearLR', start_factor=1e-3, by_epoch=True, begin=0, end=5,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min=0.0002,
        by_epoch=True,
        begin=5,
        end=max_epochs - num_last_epochs,
        T_max=max_epochs - num_last_epochs - 5,
        convert_to_iter_based=True),
]
