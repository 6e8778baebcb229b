"""Builds models for inference."""
from typing import Optional

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.models import BottomupPoseEstimator
from mmpose.registry import MODELS


def deployed_model(config: Config,
                   checkpoint: Optional[str] = None) -> BottomupPoseEstimator:
    """Builds the model of a config for inference, without what only training needs.

    Args:
        config (Config): Its ``model`` is built, without loading pre-trained weights.
        checkpoint (str, optional): Weights to load.

    Raises:
        ValueError: If the checkpoint is refused (:mod:`erpose.weights`) or belongs to
            another model.
    """
    init_default_scope('mmpose')
    for part in ('backbone', 'neck'):
        config.model[part].pop('init_cfg', None)
    model = MODELS.build(config.model)
    if checkpoint:
        try:
            load_checkpoint(model, checkpoint, 'cpu', strict=True, logger='silent')
        except RuntimeError as error:
            raise ValueError(f'{checkpoint} does not fit the config\'s model: '
                             f'{_first(str(error))}') from None
    model.switch_to_deploy()
    return model.eval()


def _first(error: str, length: int = 300) -> str:
    """The start of torch's list of mismatches, in one line."""
    line = ' '.join(error.split())
    return line if len(line) <= length else line[:length] + ' …'
