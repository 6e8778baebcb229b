# The same at 320x320, where a CPU trains twice as fast; more scenes, fewer of LSP's images.
_base_ = './coco_mini_lsp_416.py'

input_size = (320, 320)
train_pipeline = _base_.train_pipeline
train_pipeline[0].update(img_scale=input_size)
train_pipeline[1].update(input_size=input_size)
closing_pipeline = _base_.closing_pipeline
closing_pipeline[0].update(input_size=input_size)
val_pipeline = _base_.val_pipeline
val_pipeline[1].update(input_size=input_size)
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    dataset=dict(pipeline=train_pipeline, sample_ratio_factor=[2.0, 0.2]))
val_dataloader = dict(num_workers=1, dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
