# Your own photographs and keypoints, at the input size of the zoo's erpose-n; half of the
# samples are mosaics. The config that inherits this names the files (docs/own_data.md).
_base_ = './coco_640.py'

input_size = (416, 416)
load, mosaic, zoom_out, mix_up, *rest = _base_.train_pipeline
zoom_in = _base_.closing_pipeline[1]
mosaic['img_scale'] = zoom_out['input_size'] = zoom_in['input_size'] = input_size
train_pipeline = [
    load,
    dict(type='RandomChoice', transforms=[[mosaic, zoom_out], [zoom_in]]),
    *rest,
]
closing_pipeline = train_pipeline
val_pipeline = _base_.val_pipeline
val_pipeline[1]['input_size'] = input_size
train_dataloader = dict(
    batch_size=16, num_workers=2, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, num_workers=2, dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
