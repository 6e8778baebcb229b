"""Models as they are deployed."""
from typing import Optional

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import MODELS
from torch import nn


def deployed_model(config: Config, checkpoint: Optional[str] = None) -> nn.Module:
    """The model of a config for inference: what training alone needs is dropped.

    Args:
        config (Config): Its ``model`` is built, without looking for initial weights.
        checkpoint (str, optional): Weights to load.
    """
    init_default_scope('mmpose')
    for part in ('backbone', 'neck'):
        config.model[part].pop('init_cfg', None)
    model = MODELS.build(config.model)
    if checkpoint:
        load_checkpoint(model, checkpoint, map_location='cpu', logger='silent')
    model.switch_to_deploy()
    return model.eval()
