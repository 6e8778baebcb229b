_base_ = './erpose-n_8xb32-300e_coco-640x640.py'

model = dict(
    backbone=dict(deepen_factor=0.67, widen_factor=0.75, use_depthwise=False),
    neck=dict(
        in_channels=[192, 384, 768],
        out_channels=192,
        num_csp_blocks=2,
        use_depthwise=False),
    head=dict(
        in_channels=192, score_channels=96, pose_channels=192, use_depthwise=False))
