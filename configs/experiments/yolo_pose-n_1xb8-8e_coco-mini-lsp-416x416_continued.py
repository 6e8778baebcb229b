# Continues at the size of COCO's photographs. Run it in the root of the checkout.
_base_ = './yolo_pose-n_1xb8-10e_coco-mini-lsp-320x320_continued.py'

load_from = 'checkpoints/yolo_pose-n_coco-mini-lsp-320x320_continued.pth'
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
