import torch
from mmengine.config import Config

from erpose import zoo
from erpose.engine import deployed_model


def test_what_training_alone_needs_is_gone():
    path = zoo.root() / ('configs/experiments/'
                         'posedet-n_1xb8-8e_synthetic-192x192_pretrained.py')
    model = deployed_model(Config.fromfile(path))
    assert model.head.deployed and model.head.heatmap_branch is None
    assert not model.training


def test_er_pose_needs_its_heatmaps_and_drops_nothing(shipped):
    model = deployed_model(Config.fromfile(shipped['Config']), shipped['Weights'])
    assert model.head.heatmap_branch is not None
    weights = torch.load(shipped['Weights'], weights_only=True)['state_dict']
    assert set(model.state_dict()) == set(weights)
    assert not model.training
