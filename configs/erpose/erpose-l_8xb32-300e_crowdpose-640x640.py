_base_ = './erpose-n_8xb32-300e_crowdpose-640x640.py'

model = dict(
    backbone=dict(deepen_factor=1.0, widen_factor=1.0, use_depthwise=False),
    neck=dict(
        in_channels=[256, 512, 1024],
        out_channels=256,
        num_csp_blocks=3,
        use_depthwise=False),
    head=dict(
        in_channels=256, score_channels=128, pose_channels=256, use_depthwise=False))
