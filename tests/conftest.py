"""What every test needs: erpose before mmpose, mmpose's registries, one thread."""
import erpose  # noqa: F401  # isort: skip  (its compat steps come before mmpose)
import torch
from mmengine.registry import init_default_scope

torch.set_num_threads(1)
init_default_scope('mmpose')
