# RTMDet-m, a detector trained on COCO, for backbone and neck; a config takes `initialised`
# for its model. RTMDET_M may name a local copy.
checkpoint = '{{$RTMDET_M:https://download.openmmlab.com/mmdetection/v3.0/rtmdet/rtmdet_m_8xb32-300e_coco/rtmdet_m_8xb32-300e_coco_20220719_112220-229f527c.pth}}'  # noqa: E501
initialised = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
