_base_ = './erpose-n_8xb32-300e_crowdpose-640x640.py'

model = dict(
    backbone=dict(deepen_factor=0.33, widen_factor=0.5, use_depthwise=False),
    neck=dict(
        in_channels=[128, 256, 512],
        out_channels=128,
        num_csp_blocks=1,
        use_depthwise=False),
    head=dict(
        in_channels=128, score_channels=64, pose_channels=160, use_depthwise=False))
