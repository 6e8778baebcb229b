# Starts from the 17-joint checkpoint of `_1xb8-36e_`, trained from scratch, except for its
# last layers. Run it in the root of the checkout.
_base_ = './erpose-n_1xb8-12e_coco-mini-lsp14-320x320.py'

checkpoint = 'checkpoints/erpose-n_coco-mini-lsp-320x320_scratch.pth'
start = dict(type='Pretrained', checkpoint=checkpoint)
model = dict(
    backbone=dict(init_cfg=dict(start, prefix='backbone.')),
    neck=dict(init_cfg=dict(start, prefix='neck.')),
    head=dict(init_cfg=dict(start, prefix='head.')))
