_base_ = './posedet_hrnet-w32_8xb6-210e_crowdpose-512x512.py'

# Tested with the shorter side at 640, as in Table 1.
model = dict(
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(48, 96)),
            stage3=dict(num_channels=(48, 96, 192)),
            stage4=dict(num_channels=(48, 96, 192, 384))),
        init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w48')),
    neck=dict(in_channels=[48, 96, 192, 384]))
val_pipeline = _base_.val_pipeline
val_pipeline[1].update(input_size=(640, 640))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
