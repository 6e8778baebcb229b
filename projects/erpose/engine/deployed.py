"""Models as they are deployed."""
from typing import Optional

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.models import BottomupPoseEstimator
from mmpose.registry import MODELS


def deployed_model(config: Config,
                   checkpoint: Optional[str] = None) -> BottomupPoseEstimator:
    """The model of a config for inference: what training alone needs is dropped.

    Args:
        config (Config): Its ``model`` is built, without looking for initial weights.
        checkpoint (str, optional): Weights to load.

    Raises:
        ValueError: If the checkpoint is refused (:mod:`erpose.weights`), or is that of
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
            raise ValueError(f'{checkpoint} is not of this config\'s model: '
                             f'{_first(str(error))}') from None
    model.switch_to_deploy()
    return model.eval()


def _first(error: str, length: int = 300) -> str:
    """The beginning of torch's list of what does not fit, in one line."""
    line = ' '.join(error.split())
    return line if len(line) <= length else line[:length] + ' …'
