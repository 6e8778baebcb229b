_base_ = [
    './yolo_pose-n_1xb8-12e_coco-mini-lsp14-320x320.py',
    '../_base_/models/rtmdet_nano_person.py'
]

model = _base_.initialised
optim_wrapper = _base_.slow_backbone
