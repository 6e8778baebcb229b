# With the backbone and neck of erpose_n_hardswish.py.
_base_ = './yolo_pose_n.py'

hardswish = dict(type='HSwish', inplace=True)
model = dict(backbone=dict(act_cfg=hardswish), neck=dict(act_cfg=hardswish))
