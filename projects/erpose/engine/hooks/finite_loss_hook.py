"""Stops a training that diverges and names the images."""
from typing import Any, Optional

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stops the training at the first loss that is not finite, before it is saved.

    Raises:
        FloatingPointError: Names the losses, the epoch, the iteration and the images.
    """

    def after_train_iter(self, runner: Runner, batch_idx: int,
                         data_batch: Any = None, outputs: Optional[dict] = None) -> None:
        losses = {name: value.detach() for name, value in (outputs or {}).items()
                  if 'loss' in name}
        # one check of all losses waits for the GPU only once
        if losses and not torch.stack(list(losses.values())).isfinite().all():
            broken = [f'{name} is {value.item()}' for name, value in losses.items()
                      if not value.isfinite()]
            images = ', '.join(f'{sample.img_id} ({sample.img_path})'
                               for sample in data_batch['data_samples'])
            raise FloatingPointError(
                f'{", ".join(broken)} in epoch {runner.epoch + 1}, iteration '
                f'{batch_idx + 1}, on the images {images}. Check their annotations, or '
                'resume from the last checkpoint with a lower learning rate')
