"""Silences warnings of the stack that users cannot act on."""
import sys
import warnings

SILENCED = (
    # mmengine imports pkg_resources, which setuptools < 81 (see requirements/) still has
    (UserWarning, 'pkg_resources is deprecated as an API'),
    (DeprecationWarning, 'pkg_resources is deprecated as an API'),
    (DeprecationWarning, r'Deprecated call to `pkg_resources\.declare_namespace'),
    # mmengine and mmpose use deprecated names of PyTorch
    (FutureWarning, r'`torch\.(cuda|cpu)\.amp\.'),
    (UserWarning, r'torch\.meshgrid: in an upcoming release'),
    # configs are written for GPUs
    (UserWarning, r"'pin_memory' argument is set as true but no accelerator is found"),
    # mmpose looks for its metainfo files in its package, as intended
    (UserWarning, r'The metainfo config file .* does not exist\. A matched config file'),
)
"""Category, and regular expression for the start of the message."""


def silence() -> None:
    """Ignores these warnings, unless the user sets filters (``-W``, ``PYTHONWARNINGS``)."""
    if not sys.warnoptions:
        for category, message in SILENCED:
            warnings.filterwarnings('ignore', message, category)
