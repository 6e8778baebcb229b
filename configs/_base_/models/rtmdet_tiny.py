# RTMDet-tiny, a detector trained on COCO, for backbone and neck; a config takes
# `initialised` for its model. RTMDET_TINY may name a local copy.
checkpoint = '{{$RTMDET_TINY:https://download.openmmlab.com/mmdetection/v3.0/rtmdet/rtmdet_tiny_8xb32-300e_coco/rtmdet_tiny_8xb32-300e_coco_20220902_112414-78e30dcc.pth}}'  # noqa: E501
initialised = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
