"""Crowd regions and people without keypoints in YOLO-Pose's head."""
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from erpose import zoo

SIZE = 64
PERSON, OTHER = [8., 8., 40., 40.], [32., 0., 64., 64.]


@pytest.fixture(scope='module')
def head():
    config = Config.fromfile(
        zoo.root() / 'configs/yolo_pose/yolo_pose-n_8xb32-300e_coco-640x640.py')
    torch.manual_seed(0)
    return MODELS.build(config.model.head).eval()


def sample(boxes, labelled):
    generator = torch.Generator().manual_seed(0)
    count = len(boxes)
    boxes = torch.tensor(boxes).reshape(-1, 4)
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    keypoints = low + (high - low) * torch.rand(count, 17, 2, generator=generator)
    visible = torch.tensor(labelled).float()[:, None].expand(-1, 17).reshape(-1, 17)
    result = PoseDataSample(metainfo=dict(input_size=(SIZE, SIZE)))
    result.gt_instance_labels = InstanceData(
        bboxes=boxes, labels=torch.zeros(count).long(), keypoints=keypoints,
        keypoints_visible=visible.clone(), areas=torch.full((count, ), 500.),
        keypoints_visible_weights=torch.ones(count, 17))
    return result


def objectness_gradient(head, boxes, labelled):
    """Gradient of the objectness loss in each cell of the first level, (8, 8)."""
    torch.manual_seed(1)
    feats = [torch.randn(1, 64, SIZE // s, SIZE // s) for s in (8, 16, 32)]
    maps = head(feats)
    for level in maps[1]:
        level.retain_grad()
    forward, head.forward = head.forward, lambda feats: maps
    try:
        head.loss(feats, [sample(boxes, labelled)])['loss_obj'].backward()
    finally:
        head.forward = forward
    return maps[1][0].grad[0, 0]


def test_people_without_keypoints_are_neither_positive_nor_negative(head):
    gradient = objectness_gradient(head, [PERSON, OTHER], [1, 0])
    assert (gradient[:, :3] != 0).all()
    ignored = gradient[:, 4:]  # except for cells that learn the person
    assert (ignored == 0).float().mean() > 0.5 and (ignored[5:] == 0).all()
    assert not (ignored > 0).any()  # no cell is a negative


def test_without_them_all_is_as_in_mmpose(head):
    assert (objectness_gradient(head, [PERSON], [1]) != 0).all()
    alone = objectness_gradient(head, [OTHER], [0])
    assert (alone[:, :4] > 0).all() and (alone[:, 4:] == 0).all()
    assert (objectness_gradient(head, [], []) > 0).all()


def test_a_box_without_extent_is_not_a_person(head):
    gradient = objectness_gradient(head, [[8., 8., 8., 8.]], [1])
    assert (gradient > 0).all()


@pytest.mark.parametrize('boxes, labelled', [([], []), ([OTHER], [0])])
def test_without_positives_each_parameter_has_a_gradient(head, boxes, labelled):
    """Distributed training fails without it, as soon as one process sees nobody."""
    head.zero_grad()
    feats = [torch.randn(1, 64, SIZE // s, SIZE // s) for s in (8, 16, 32)]
    losses = head.loss(feats, [sample(boxes, labelled)])
    assert losses['loss_obj'] > 0 and losses['loss_bbox'] == 0
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    assert all(weight.grad is not None for weight in head.parameters())
