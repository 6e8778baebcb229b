import torch

from erpose.structures import pose_boxes


def test_pose_boxes():
    pose = torch.tensor([[0., 30.], [4., 12.], [1., 10.]])
    assert pose_boxes(pose).tolist() == [0, 10, 4, 30]
    batch = torch.stack([pose, pose + 1]).unsqueeze(0)
    assert pose_boxes(batch).tolist() == [[[0, 10, 4, 30], [1, 11, 5, 31]]]
