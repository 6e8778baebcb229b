"""Checkpoints of another number of keypoints: said in one line, started anew or refused."""
from typing import Dict, Optional, Tuple

from mmengine.hooks import Hook
from mmengine.model import BaseModel, is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmpose.registry import HOOKS
from torch import Tensor, nn


class CheckpointMismatchError(ValueError):
    """A checkpoint of another model than the config's."""


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Compares the shapes of a checkpoint's weights with the model's before loading them.

    - ``load_from`` of a training, with another number of keypoints K: what depends on K
      keeps its initial weights (:class:`PosePriorHook` then sets the mean pose), and one
      line says so. MMEngine would list every tensor, twice where an EMA is kept.
    - ``--resume``, and testing: refused, since optimiser and result are of the other model.
      ``--resume`` of a checkpoint without an optimiser is refused, too: MMEngine would
      begin the schedule anew in the midst of the training.

    Any other difference is left to MMEngine's report, but not when a training resumes.
    """

    priority = 'VERY_HIGH'  # before EMAHook, which loads the weights too

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        if runner._resume and not {'meta', 'message_hub', 'optimizer'} <= set(checkpoint):
            raise CheckpointMismatchError(
                f'{runner._load_from or "the checkpoint"} has no state of a training (no '
                'optimizer) to go on with: name another by --resume FILE, or start from '
                'its weights by load_from, with another --work-dir')
        model = unwrapped(runner)
        differing = differing_weights(model, checkpoint)
        if not differing:
            return
        here, there = number_of_keypoints(model), trained_keypoints(checkpoint)
        name, (theirs, ours) = next(iter(differing.items()))
        said = (f'the checkpoint is of {there} keypoints, the config of {here}'
                if here != there else
                f'{len(differing)} weights of the checkpoint have other shapes, the first '
                f'{name}: {tuple(theirs)} there, {tuple(ours)} in the config\'s model')
        if runner._resume:
            raise CheckpointMismatchError(
                f'{said}: --resume goes on with the same model. To start from its weights, '
                'name it by load_from, with another --work-dir')
        if here == there:
            return
        if not isinstance(runner._train_loop, BaseLoop):
            raise CheckpointMismatchError(f'{said}: test it with its own config')
        own, weights = model.state_dict(), checkpoint.get('state_dict', checkpoint)
        for name in differing:
            weights[name if name in weights else f'module.{name}'] = own[name].clone()
        runner.logger.info(f'pose branch re-initialised: {here} keypoints, the checkpoint '
                           f'has {there or "another number"}')


def unwrapped(runner: Runner) -> BaseModel:
    """The model of a runner, without the wrapper of a distributed training."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def weights_of(checkpoint: dict) -> Dict[str, Tensor]:
    """The weights by their names in the model, without the wrapper of a training."""
    weights = checkpoint.get('state_dict', checkpoint)
    return {name.removeprefix('module.'): value for name, value in weights.items()}


def differing_weights(model: nn.Module, checkpoint: dict) -> Dict[str, Tuple]:
    """Weights of the same name and another shape: name to their shape and the model's."""
    own, weights = model.state_dict(), weights_of(checkpoint)
    return {name: (weights[name].shape, value.shape) for name, value in own.items()
            if name in weights and weights[name].shape != value.shape}


def number_of_keypoints(model: nn.Module) -> Optional[int]:
    """K of a model's head."""
    return getattr(getattr(model, 'head', None), 'num_keypoints', None)


def trained_keypoints(checkpoint: dict) -> Optional[int]:
    """K of a checkpoint: of the data set it was trained on, or of its pose branch.

    The pose branch of ER-Pose has 3 K channels: 2 K offsets and K visibilities.
    """
    meta = checkpoint.get('meta') or {}
    known = (meta.get('dataset_meta') or {}).get('num_keypoints')
    bias = weights_of(checkpoint).get('head.pose_branch.outputs.0.bias')
    return known or (len(bias) // 3 if bias is not None else None)
