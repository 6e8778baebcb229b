from mmengine.config import Config

from erpose.engine import deployed_model


def test_what_training_alone_needs_is_gone(shipped):
    model = deployed_model(Config.fromfile(shipped['Config']), shipped['Weights'])
    assert model.head.deployed and model.head.heatmap_branch is None
    assert not model.training
