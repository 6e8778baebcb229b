"""``python -m erpose.env``: installed versions and compat steps, for bug reports."""
import importlib.metadata
import platform
import sys
from typing import List

from .version import __version__

PACKAGES = ('torch', 'torchvision', 'numpy', 'opencv-python', 'opencv-python-headless',
            'mmengine', 'mmcv', 'mmcv-lite', 'mmdet', 'mmpose', 'openmim', 'pycocotools',
            'xtcocotools', 'onnxruntime')
TESTED = dict(mmengine='0.10.7', mmcv='2.1.0', mmdet='3.2.0', mmpose='1.3.2')
"""Versions that the tests run with, as in ``requirements/``."""


def version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return '-'


def untested() -> str:
    """Warning about installed versions that were not tested, empty if there are none.

    Patch releases (the third number) are not compared.
    """
    installed = {name: version_of(name) for name in TESTED}
    if installed['mmcv'] == '-':
        installed['mmcv'] = version_of('mmcv-lite')
    other = [name for name, version in installed.items()
             if version != '-' and _minor(version) != _minor(TESTED[name])]
    if not other:
        return ''
    return (f'erpose {__version__} was tested with '
            f'{", ".join(f"{name} {TESTED[name]}" for name in TESTED)}; installed: '
            f'{", ".join(f"{name} {installed[name]}" for name in other)}. If something '
            f'fails: mim install {" ".join(f"{name}=={TESTED[name]}" for name in other)}')


def _minor(version: str) -> List[str]:
    return version.split('.')[:2]


def report() -> str:
    """The text to paste into a bug report."""
    lines = [f'python                   {sys.version.split()[0]} on {platform.platform()}']
    lines += [f'{package:24} {version_of(package)}' for package in PACKAGES]
    try:
        import torch
        lines.append(f'CUDA                     {torch.version.cuda or "-"}, '
                     f'{torch.cuda.device_count()} device(s)')
        from erpose import compat
        lines += [f'erpose                   {__version__}', 'compat']
        for step in compat.apply():
            lines.append(f'  {step.name:22} {"applied" if step.acted else "not needed"}: '
                         f'{step.reason}')
        lines += filter(None, [untested()])
    except ImportError as error:
        lines.append(f'import failed            {error}')
    return '\n'.join(lines)


if __name__ == '__main__':
    print(report())
