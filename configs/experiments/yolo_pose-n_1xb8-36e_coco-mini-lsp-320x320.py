# From scratch, three times as long.
_base_ = './yolo_pose-n_1xb8-12e_coco-mini-lsp-320x320.py'

max_epochs = 36
train_cfg = dict(max_epochs=max_epochs, dynamic_intervals=[(max_epochs, 1)])
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(end=max_epochs, T_max=max_epochs)
custom_hooks = _base_.custom_hooks
custom_hooks[1].update(switch_epoch=max_epochs - _base_.num_last_epochs)
custom_hooks[2].update(switch_epoch=max_epochs - _base_.num_last_epochs)
