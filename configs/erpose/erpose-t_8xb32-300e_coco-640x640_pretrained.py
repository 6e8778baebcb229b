_base_ = ['./erpose-t_8xb32-300e_coco-640x640.py', '../_base_/models/rtmdet_tiny.py']

model = _base_.initialised
