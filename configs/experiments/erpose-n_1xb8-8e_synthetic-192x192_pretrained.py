_base_ = [
    './erpose-n_1xb8-8e_synthetic-192x192.py',
    '../_base_/models/rtmdet_nano_person.py'
]

model = _base_.initialised
