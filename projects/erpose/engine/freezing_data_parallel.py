"""Distributed training of models that freeze some of their layers."""
from typing import Any

from mmengine.model import MMDistributedDataParallel
from mmengine.registry import MODEL_WRAPPERS
from torch import nn


@MODEL_WRAPPERS.register_module()
class FreezingDataParallel(MMDistributedDataParallel):
    """:class:`MMDistributedDataParallel` that takes the parameters after freezing some.

    Backbones such as mmdet's CSPNeXt freeze their ``frozen_stages`` when ``train()`` is
    called. Called later, those parameters get no gradient that DDP waits for, and the
    second step fails: "Expected to have finished reduction in the prior iteration".

    Note: it is in MMEngine's own registry, the only one where the runner looks for it.

    Args:
        module (nn.Module): The model.
        **kwargs: As :class:`MMDistributedDataParallel`.
    """

    def __init__(self, module: nn.Module, **kwargs: Any) -> None:
        super().__init__(module=module.train(), **kwargs)
