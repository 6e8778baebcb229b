# SMPR's long schedule (section IV-C).
_base_ = './sgd_30e.py'

train_cfg = dict(max_epochs=100)
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(milestones=[80, 90])
