"""Handles checkpoints with another number of keypoints than the model."""
from typing import Dict, Optional, Tuple

from mmengine.hooks import Hook
from mmengine.model import BaseModel, is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmpose.registry import HOOKS
from torch import Tensor, nn


class CheckpointMismatchError(ValueError):
    """The checkpoint does not fit the config's model."""


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Compares the shapes of a checkpoint's weights with the model's before loading.

    - ``load_from`` in training, with another number of keypoints K: layers that depend on K
      keep their initial weights (:class:`PosePriorHook` then sets the mean pose), and one
      log line says so. MMEngine would list every tensor, twice with an EMA.
    - ``--resume`` and testing: an error, since optimiser and result belong to the other
      model.
    - ``--resume`` of a checkpoint without an optimiser: an error. MMEngine would restart
      the schedule in the middle of the training.

    Other differences are left to MMEngine's report, except when a training resumes.
    """

    priority = 'VERY_HIGH'  # before EMAHook, which loads the weights too

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        if runner._resume and not {'meta', 'message_hub', 'optimizer'} <= set(checkpoint):
            raise CheckpointMismatchError(
                f'{runner._load_from or "the checkpoint"} has no training state (no '
                'optimizer) to resume. Resume another one with --resume FILE. To start '
                'from its weights, set load_from and another --work-dir')
        model = unwrapped(runner)
        differing = differing_weights(model, checkpoint)
        if not differing:
            return
        count, trained = number_of_keypoints(model), trained_keypoints(checkpoint)
        name, (theirs, ours) = next(iter(differing.items()))
        problem = (f'the checkpoint has {trained} keypoints, the config {count}'
                   if count != trained else
                   f'{len(differing)} weights of the checkpoint have other shapes than in '
                   f'the config\'s model, first {name}: {tuple(theirs)} instead of '
                   f'{tuple(ours)}')
        if runner._resume:
            raise CheckpointMismatchError(
                f'{problem}. --resume needs the same model. To start from these weights, '
                'set load_from and another --work-dir')
        if count == trained:
            return
        if not isinstance(runner._train_loop, BaseLoop):
            raise CheckpointMismatchError(f'{problem}. Test it with its own config')
        own, weights = model.state_dict(), checkpoint.get('state_dict', checkpoint)
        for name in differing:
            weights[name if name in weights else f'module.{name}'] = own[name].clone()
        runner.logger.info(f'pose branch re-initialised: {count} keypoints, the checkpoint '
                           f'has {trained or "another number"}')


def unwrapped(runner: Runner) -> BaseModel:
    """The model of a runner, without the wrapper of a distributed training."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def weights_of(checkpoint: dict) -> Dict[str, Tensor]:
    """The weights by their names in the model, without the prefix of a DDP wrapper."""
    weights = checkpoint.get('state_dict', checkpoint)
    return {name.removeprefix('module.'): value for name, value in weights.items()}


def differing_weights(model: nn.Module, checkpoint: dict) -> Dict[str, Tuple]:
    """Weights with another shape: name to (shape in the checkpoint, shape in the model)."""
    own, weights = model.state_dict(), weights_of(checkpoint)
    return {name: (weights[name].shape, value.shape) for name, value in own.items()
            if name in weights and weights[name].shape != value.shape}


def number_of_keypoints(model: nn.Module) -> Optional[int]:
    """K of a model's head."""
    return getattr(getattr(model, 'head', None), 'num_keypoints', None)


def trained_keypoints(checkpoint: dict) -> Optional[int]:
    """K of a checkpoint, from the metainfo of its data set or from its pose branch.

    The pose branch of ER-Pose has 3 K channels: 2 K offsets and K visibilities.
    """
    meta = checkpoint.get('meta') or {}
    known = (meta.get('dataset_meta') or {}).get('num_keypoints')
    bias = weights_of(checkpoint).get('head.pose_branch.outputs.0.bias')
    return known or (len(bias) // 3 if bias is not None else None)
