"""Distributed training of models with frozen layers."""
from typing import Any

from mmengine.model import MMDistributedDataParallel
from mmengine.registry import MODEL_WRAPPERS
from torch import nn


@MODEL_WRAPPERS.register_module()
class FreezingDataParallel(MMDistributedDataParallel):
    """:class:`MMDistributedDataParallel` that freezes stages before it wraps the model.

    Backbones such as mmdet's CSPNeXt freeze their ``frozen_stages`` in ``train()``. If that
    happens after wrapping, DDP waits for gradients of frozen parameters and the second step
    fails: "Expected to have finished reduction in the prior iteration".

    Note: It is registered in MMEngine's own registry because the runner looks only there.

    Args:
        module (nn.Module): The model.
        **kwargs: As :class:`MMDistributedDataParallel`.
    """

    def __init__(self, module: nn.Module, **kwargs: Any) -> None:
        super().__init__(module=module.train(), **kwargs)
