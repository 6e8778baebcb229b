_base_ = ['./erpose-m_8xb32-300e_crowdpose-640x640.py', '../_base_/models/rtmdet_m.py']

model = _base_.initialised
