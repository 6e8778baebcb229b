# COCO as PoseDet trains on it (section 4.1): scaled by 0.5 to 1.5, cut to 512x512, flipped.
_base_ = './coco_640.py'

input_size = (512, 512)
train_pipeline = [
    dict(type='LoadTrainImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        shift_factor=0.2,
        rotate_factor=0,
        scale_factor=(0.5, 1.5),
        scale_type='short',
        pad_val=_base_.pad,
        distribution='uniform',
        bbox_keep_corner=False,
        clip_border=True),
    dict(type='PoseRandomFlip'),
    dict(type='FilterPersons'),
    dict(type='PackPoseTargets'),
]
closing_pipeline = train_pipeline
train_dataloader = dict(batch_size=6, dataset=dict(pipeline=train_pipeline))

val_pipeline = _base_.val_pipeline  # fits the shorter side
val_pipeline[1].update(input_size=input_size, resize_mode='expand')
val_dataloader = dict(batch_size=1, dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
