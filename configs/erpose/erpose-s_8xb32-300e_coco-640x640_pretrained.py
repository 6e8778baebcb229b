_base_ = ['./erpose-s_8xb32-300e_coco-640x640.py', '../_base_/models/rtmdet_s.py']

model = _base_.initialised
