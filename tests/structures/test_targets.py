import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from erpose.structures import collect_targets, inside_boxes

K = 3


def sample(labels, **fields):
    """A data sample of persons whose ``labels`` (G, K) are given."""
    visible = torch.tensor(labels, dtype=torch.float32).reshape(-1, K)
    count = len(visible)
    instances = InstanceData(
        keypoints=torch.arange(count * K * 2, dtype=torch.float32).reshape(count, K, 2),
        keypoints_visible=visible,
        areas=10.0 + torch.arange(count))
    for name, value in fields.items():
        instances[name] = torch.tensor(value, dtype=torch.float32)
    return PoseDataSample(gt_instance_labels=instances)


def test_pads_to_the_fullest_image():
    first, second = sample([[1, 0, 2], [2, 2, 2]]), sample([[0, 0, 1]])
    targets = collect_targets([first, second], K)
    assert targets.keypoints.shape == (2, 2, K, 2)
    assert targets.valid.tolist() == [[True, True], [True, False]]
    assert targets.labelled[0].tolist() == [[1, 0, 1], [1, 1, 1]]  # 2 is labelled too
    assert targets.area.tolist() == [[10, 11], [10, 0]]
    assert torch.equal(targets.keypoints[0], first.gt_instance_labels.keypoints)
    assert torch.equal(targets.keypoints[1, 0], second.gt_instance_labels.keypoints[0])
    for padding in (targets.keypoints, targets.labelled, targets.supervised):
        assert not padding[1, 1].any()
    assert targets.ignore.shape == (2, 0, 4)


def test_persons_without_labels_become_ignored_boxes():
    boxes = [[0, 0, 9, 9], [5, 5, 6, 7], [1, 2, 3, 4]]
    crowded = sample([[0, 0, 0], [1, 0, 0], [0, 0, 0]], bboxes=boxes)
    targets = collect_targets([crowded, sample([[1, 1, 1]], bboxes=[[0, 0, 1, 1]])], K)
    assert targets.valid.tolist() == [[True], [True]]
    assert targets.area.tolist() == [[11], [10]]  # the labelled person's, not the first's
    assert targets.ignore.tolist() == [[boxes[0], boxes[2]], [[0] * 4, [0] * 4]]


@pytest.mark.parametrize('samples, persons, ignored', [
    pytest.param([sample([])], 0, 0, id='no instance at all'),
    pytest.param([sample([]), sample([])], 0, 0, id='a batch of such'),
    pytest.param([sample([[0, 0, 0]])], 0, 1, id='unlabelled without a box'),
    pytest.param([sample([]), sample([[1, 1, 1]])], 1, 0, id='beside an image with one'),
])
def test_images_without_persons(samples, persons, ignored):
    targets = collect_targets(samples, K)
    assert targets.keypoints.shape == (len(samples), persons, K, 2)
    assert targets.labelled.shape == targets.supervised.shape == (
        len(samples), persons, K)
    assert targets.area.shape == targets.valid.shape == (len(samples), persons)
    assert targets.valid.sum() == persons
    assert targets.ignore.shape == (len(samples), ignored, 4)
    assert not inside_boxes(torch.zeros(1, 2), targets.ignore).any()


@pytest.mark.parametrize('fields, expected', [
    pytest.param({}, [[1, 1, 1]], id='no weights: all is known'),
    pytest.param(dict(keypoints_visible_weights=[[0, 0, 0], [1, 0, 1]]), [[1, 0, 1]],
                 id='weights follow their person'),
])
def test_supervised(fields, expected):
    targets = collect_targets([sample([[0, 0, 0], [1, 0, 0]], **fields)], K)
    assert targets.supervised[0].tolist() == expected


def test_another_number_of_keypoints_names_both():
    with pytest.raises(ValueError, match=r'has 3 keypoints, the model 17'):
        collect_targets([sample([]), sample([[1, 1, 1]])], 17)


@pytest.mark.parametrize('box, expected', [
    pytest.param([0, 0, 10, 10], [True, True, False], id='two inside'),
    pytest.param([4, 4, 6, 6], [True, False, False], id='one inside'),
    pytest.param([5, 5, 9, 9], [False, False, False], id='the low edge is outside'),
    pytest.param([2, 2, 5, 5], [False, False, False], id='the high edge is outside'),
    pytest.param([0, 4, 30, 6], [True, False, False], id='needs both axes'),
    pytest.param([0, 0, 0, 0], [False, False, False], id='padding'),
])
def test_inside_boxes(box, expected):
    points = torch.tensor([[5., 5.], [1., 9.], [20., 20.]])
    padding = [0.0] * 4
    boxes = torch.tensor([[box, padding], [padding, box], [padding, padding]],
                         dtype=torch.float32)
    assert inside_boxes(points, boxes).tolist() == [expected, expected, [False] * 3]
