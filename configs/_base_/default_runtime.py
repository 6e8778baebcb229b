default_scope = 'mmpose'
data_mode = 'bottomup'  # tells MMPose's inferencers that one image gives all its people
custom_imports = dict(imports=['erpose'], allow_failed_imports=False)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='MasterLoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='SafeCheckpointHook', interval=1, max_keep_ckpts=2, save_best='coco/AP',
        rule='greater'),
    checkpoint_fit=dict(type='CheckpointFitHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    epoch_seed=dict(type='EpochSeedHook'),
    finite_loss=dict(type='FiniteLossHook'),
    sync_statistics=dict(type='SyncStatisticsHook'),
    visualization=dict(type='PoseVisualizationHook', enable=False))

model_wrapper_cfg = dict(type='FreezingDataParallel', broadcast_buffers=False)
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='PoseLocalVisualizer', vis_backends=vis_backends, name='visualizer')
log_processor = dict(type='LogProcessor', window_size=50, by_epoch=True, num_digits=6)
log_level = 'INFO'
load_from = None
resume = False
