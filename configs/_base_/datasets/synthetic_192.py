# synthetic_320.py at 192x192.
_base_ = './synthetic_320.py'

input_size = (192, 192)
train_pipeline = _base_.train_pipeline
train_pipeline[1].update(input_size=input_size)
closing_pipeline = train_pipeline
val_pipeline = _base_.val_pipeline
val_pipeline[1].update(input_size=input_size)
train_dataloader = dict(
    batch_size=8, num_workers=1, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=1, dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
