"""The mean pose that training starts from."""
import logging
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

from erpose import zoo
from erpose.engine import PosePriorHook
from erpose.engine.pose_prior_hook import mean_pose


class Persons:
    """A data set of single-person images with the given keypoints (K, 2) and area."""

    def __init__(self, *persons):
        self.persons = persons

    def __len__(self):
        return len(self.persons)

    def get_data_info(self, index):
        keypoints, labelled, area = self.persons[index]
        return dict(keypoints=np.array([keypoints], float), area=np.array([area]),
                    keypoints_visible=np.array([labelled], float))


def test_mean_pose_is_about_the_centroid_in_units_of_size():
    small = ([[0, 0], [4, 0]], [1, 1], 4.0)
    large = ([[100, 100], [140, 100]], [1, 1], 400.0)  # the same person, ten times larger
    assert mean_pose(Persons(small, large), 2).tolist() == [[-1, 0], [1, 0]]


def test_unlabelled_keypoints_and_other_sets_do_not_count():
    full = ([[0, 0], [4, 0]], [1, 1], 4.0)
    hidden = ([[0, 0], [999, 999]], [1, 0], 4.0)
    other = Persons(([[0, 0]] * 3, [1] * 3, 1.0))
    pose = mean_pose(SimpleNamespace(datasets=[Persons(full, hidden), other]), 2)
    assert pose.tolist() == [[-0.5, 0], [1, 0]]


@pytest.mark.parametrize('iteration, load_from, acts', [
    (0, None, True), (7, None, False), (0, 'weights.pth', False)],
    ids=['fresh', 'resumed', 'fine-tuned'])
def test_hook_sets_every_level_only_at_a_fresh_start(iteration, load_from, acts):
    config = Config.fromfile(zoo.root() / 'configs/_base_/models/erpose_n.py')
    head = MODELS.build(config.model.head)
    head.init_weights()
    person = (np.random.default_rng(0).uniform(0, 99, (17, 2)), [1] * 17, 900.0)
    runner = SimpleNamespace(
        iter=iteration, _load_from=load_from, model=SimpleNamespace(head=head),
        train_dataloader=SimpleNamespace(dataset=Persons(person)),
        logger=logging.getLogger())
    PosePriorHook(size=4).before_train(runner)
    expected = torch.from_numpy(4 * mean_pose(Persons(person), 17)).reshape(-1) * acts
    for output in head.pose_branch.outputs:
        torch.testing.assert_close(output.bias[:34], expected)
        assert (output.bias[34:] == 0).all()
