# RTMDet-l, a detector trained on COCO, for backbone and neck; a config takes `initialised`
# for its model. RTMDET_L may name a local copy.
checkpoint = '{{$RTMDET_L:https://download.openmmlab.com/mmdetection/v3.0/rtmdet/rtmdet_l_8xb32-300e_coco/rtmdet_l_8xb32-300e_coco_20220719_112030-5a0be7c4.pth}}'  # noqa: E501
initialised = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='neck.')))
