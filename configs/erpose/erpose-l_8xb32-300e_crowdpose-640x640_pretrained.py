_base_ = ['./erpose-l_8xb32-300e_crowdpose-640x640.py', '../_base_/models/rtmdet_l.py']

model = _base_.initialised
