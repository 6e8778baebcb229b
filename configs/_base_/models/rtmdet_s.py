# RTMDet-s, a detector trained on COCO, for backbone and neck; a config takes `initialised`
# for its model. RTMDET_S may name a local copy.
checkpoint = '{{$RTMDET_S:https://download.openmmlab.com/mmdetection/v3.0/rtmdet/rtmdet_s_8xb32-300e_coco/rtmdet_s_8xb32-300e_coco_20220905_161602-387a891e.pth}}'  # noqa: E501
initialised = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
