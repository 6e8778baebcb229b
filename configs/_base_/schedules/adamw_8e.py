# Minutes on one CPU core, for small inputs: small batches, a high learning rate.
_base_ = './adamw_12e.py'

max_epochs = 8
num_last_epochs = 0
train_cfg = dict(max_epochs=max_epochs, dynamic_intervals=[(max_epochs, 1)])
optim_wrapper = dict(optimizer=dict(lr=0.004))
param_scheduler = _base_.param_scheduler
param_scheduler[0].update(end=60)
param_scheduler[1].update(end=max_epochs, T_max=max_epochs)
