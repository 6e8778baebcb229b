# COCO as SMPR trains on it (section IV-A): shorter side 800, cut to 800x800, flipped.
_base_ = './coco_512.py'

input_size = (800, 800)
train_pipeline = _base_.train_pipeline
train_pipeline[1].update(input_size=input_size, scale_factor=(1.0, 1.0))
closing_pipeline = train_pipeline
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=train_pipeline))

val_pipeline = _base_.val_pipeline
val_pipeline[1].update(input_size=input_size)
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
