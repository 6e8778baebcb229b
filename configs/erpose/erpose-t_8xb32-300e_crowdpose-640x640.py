_base_ = './erpose-n_8xb32-300e_crowdpose-640x640.py'

model = dict(
    backbone=dict(deepen_factor=0.167, widen_factor=0.375, use_depthwise=False),
    neck=dict(
        in_channels=[96, 192, 384],
        out_channels=96,
        num_csp_blocks=1,
        use_depthwise=False),
    head=dict(
        in_channels=96, score_channels=64, pose_channels=128, use_depthwise=False))
