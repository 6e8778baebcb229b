# The zoo's yolo_pose-n. Its training started from weights of 22 epochs at 320x320, those of
# commit 7d6bd7e.
_base_ = './yolo_pose-n_1xb8-12e_coco-mini-lsp-320x320_pretrained.py'

input_size, max_epochs = (416, 416), 8
train_pipeline, closing_pipeline, val_pipeline = (
    _base_.train_pipeline, _base_.closing_pipeline, _base_.val_pipeline)
train_pipeline[0]['img_scale'] = train_pipeline[1]['input_size'] = input_size
closing_pipeline[0]['input_size'] = val_pipeline[1]['input_size'] = input_size
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
train_cfg = dict(max_epochs=max_epochs, dynamic_intervals=[(max_epochs, 1)])
param_scheduler, custom_hooks = _base_.param_scheduler, _base_.custom_hooks
param_scheduler[1].update(end=max_epochs, T_max=max_epochs)
custom_hooks[1]['switch_pipeline'] = closing_pipeline
custom_hooks[1]['switch_epoch'] = max_epochs - _base_.num_last_epochs
custom_hooks[2]['switch_epoch'] = max_epochs - _base_.num_last_epochs
