# The same training on one GPU, which keeps the images in its memory and augments them.
_base_ = './erpose-n_2xb16-160e_photographs-256x256_pretrained.py'

train_dataloader = dict(
    _delete_=True,
    batch_size=1,
    num_workers=0,
    collate_fn=dict(type='first'),
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='InMemoryBatches',
        batch_size=256,
        input_size=_base_.input_size,
        dataset=dict(_base_.train_dataloader.dataset, pipeline=[])))
optim_wrapper = dict(
    type='AmpOptimWrapper', dtype='bfloat16', optimizer=dict(lr=0.008))
