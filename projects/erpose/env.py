"""``python -m erpose.env``: what is installed and what compat did, for bug reports."""
import importlib.metadata
import platform
import sys

PACKAGES = ('torch', 'torchvision', 'numpy', 'opencv-python', 'opencv-python-headless',
            'mmengine', 'mmcv', 'mmcv-lite', 'mmdet', 'mmpose', 'openmim', 'pycocotools',
            'xtcocotools', 'onnxruntime')


def version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return '-'


def report() -> str:
    """The text that a user pastes in a bug report."""
    lines = [f'python                   {sys.version.split()[0]} on {platform.platform()}']
    lines += [f'{package:24} {version_of(package)}' for package in PACKAGES]
    try:
        import torch
        lines.append(f'CUDA                     {torch.version.cuda or "-"}, '
                     f'{torch.cuda.device_count()} device(s)')
        import erpose
        lines += [f'erpose                   {erpose.__version__}', 'compat']
        for step in erpose.compat.apply():
            lines.append(f'  {step.name:22} {"changed" if step.acted else "nothing"}: '
                         f'{step.reason}')
    except ImportError as error:
        lines.append(f'not importable           {error}')
    return '\n'.join(lines)


if __name__ == '__main__':
    print(report())
