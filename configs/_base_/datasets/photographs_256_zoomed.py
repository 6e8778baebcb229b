# photographs_256.py for later phases: three quarters are of COCO, and people are larger,
# about as large as at inference at 416x416: most samples show a part of a picture.
_base_ = './photographs_256.py'

train_pipeline = _base_.train_pipeline
mosaic_window, window = (choice[-1] for choice in train_pipeline[0]['transforms'])
mosaic_window.update(scale_factor=(0.25, 0.6), shift_factor=0.2)
window.update(scale_factor=(0.45, 0.95), shift_factor=0.2)
del mosaic_window, window
train_dataloader = dict(
    dataset=dict(
        sample_ratio_factor=[1.5, 1.5, 0.5, 0.15, 0.036], pipeline=train_pipeline))
