from .deployed import deployed_model
from .freezing_data_parallel import FreezingDataParallel
from .hooks import *  # noqa: F403
from .hooks import __all__ as _hooks

__all__ = ['FreezingDataParallel', 'deployed_model', *_hooks]
