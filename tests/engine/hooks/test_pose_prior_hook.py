"""The mean pose from which training starts."""
import logging
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

from erpose import zoo
from erpose.engine import PosePriorHook
from erpose.engine.hooks.pose_prior_hook import mean_pose


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


def checkpoint_of(keypoints, prefix=''):
    config = Config.fromfile(zoo.root() / 'configs/_base_/models/erpose_n.py')
    if keypoints != 17:
        config.model.head.metainfo = toy_metainfo(keypoints)
    weights = MODELS.build(config.model.head).state_dict()
    return dict(state_dict={f'{prefix}head.{k}': v for k, v in weights.items()})


def toy_metainfo(keypoints):
    return dict(
        dataset_name='toy', paper_info={}, skeleton_info={},
        joint_weights=[1.0] * keypoints, sigmas=[0.05] * keypoints,
        keypoint_info={k: dict(name=str(k), id=k, color=[0, 0, 0], type='', swap='')
                       for k in range(keypoints)})


@pytest.mark.parametrize('iteration, loaded, acts', [
    (0, None, True),
    (7, None, False),
    (0, lambda: checkpoint_of(17), False),
    (0, lambda: checkpoint_of(17, 'module.'), False),
    (0, lambda: checkpoint_of(3), True),
    (0, lambda: dict(state_dict={'backbone.stem.weight': torch.ones(1)}), True),
], ids=['fresh', 'resumed', 'fine-tuned', 'of a distributed training', 'another K',
        'a backbone alone'])
def test_hook_sets_every_level_unless_the_pose_branch_is_loaded(iteration, loaded, acts,
                                                                tmp_path):
    load_from = None
    if loaded is not None:
        load_from = str(tmp_path / 'weights.pth')
        torch.save(loaded(), load_from)
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
