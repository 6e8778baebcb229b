"""Warnings of the stack that a user can do nothing about."""
import sys
import warnings

SILENCED = (
    # mmengine imports it; setuptools < 81, which requirements/ names, has it
    (UserWarning, 'pkg_resources is deprecated as an API'),
    (DeprecationWarning, 'pkg_resources is deprecated as an API'),
    (DeprecationWarning, r'Deprecated call to `pkg_resources\.declare_namespace'),
    # mmengine and mmpose call PyTorch by names of its past
    (FutureWarning, r'`torch\.(cuda|cpu)\.amp\.'),
    (UserWarning, r'torch\.meshgrid: in an upcoming release'),
    # configs are written for GPUs
    (UserWarning, r"'pin_memory' argument is set as true but no accelerator is found"),
    # mmpose finds its own descriptions of keypoints in its package, as it should
    (UserWarning, r'The metainfo config file .* does not exist\. A matched config file'),
)
"""Category, and a regular expression for the beginning of the message."""


def silence() -> None:
    """Ignores them, unless the user has chosen filters (``-W``, ``PYTHONWARNINGS``)."""
    if not sys.warnoptions:
        for category, message in SILENCED:
            warnings.filterwarnings('ignore', message, category)
