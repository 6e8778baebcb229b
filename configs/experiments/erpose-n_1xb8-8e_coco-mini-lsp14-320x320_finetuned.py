# Starts from the 17-joint checkpoint except for its last layers. Run it in the root of the
# checkout.
_base_ = './erpose-n_1xb8-12e_coco-mini-lsp14-320x320_pretrained.py'

checkpoint = 'checkpoints/erpose-n_coco-mini-lsp-320x320_continued.pth'
model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    neck=dict(init_cfg=dict(checkpoint=checkpoint)),
    head=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='head.')))
max_epochs = 8
train_cfg = dict(max_epochs=max_epochs, dynamic_intervals=[(max_epochs, 1)])
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(end=max_epochs, T_max=max_epochs)
custom_hooks = _base_.custom_hooks
custom_hooks[2].update(switch_epoch=max_epochs - _base_.num_last_epochs)
