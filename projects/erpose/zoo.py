"""The model zoo: finds the files of a name such as ``erpose-n``.

Names are the ``Name`` and ``Alias`` entries of the metafiles. This module needs neither
PyTorch nor MMPose; :mod:`erpose.engine.zoo_lookup` makes MMEngine and MMPose accept the
names.
"""
import functools
import re
from pathlib import Path
from typing import Iterator, List, Optional

DEFAULT = 'erpose-n'
"""Alias of the model that ``erpose predict`` uses by default."""
ONNX_FILES = Path(__file__).parent / 'zoo_files'
"""Folder of the deployed models that come with the package, ``<alias>.onnx``."""


def root() -> Path:
    """Folder of ``configs`` and ``model-index.yml``: ``.mim``, or the checkout."""
    package = Path(__file__).parent
    installed = package / '.mim'
    return installed if (installed / 'model-index.yml').exists() else package.parents[1]


def models() -> Iterator[dict]:
    """The entries of all metafiles, with absolute paths for local files."""
    base = root()
    for metafile in _load(base / 'model-index.yml')['Import']:
        for model in _load(base / metafile)['Models']:
            model = dict(model, Config=str(base / model['Config']))
            weights = model.get('Weights')
            if weights and '://' not in weights:
                model['Weights'] = str(base / weights)
            yield model


def find(name: str) -> Optional[dict]:
    """The entry with this name or alias, None if there is none."""
    if not re.fullmatch(r'[\w-]+', name):
        return None
    return next((m for m in models() if name in (m['Name'], *m.get('Alias', []))), None)


def aliases() -> List[str]:
    """All aliases, in the order of the metafiles."""
    return [alias for model in models() for alias in model.get('Alias', [])]


def config(name: str) -> str:
    """Path of a config, by path, zoo alias or file name.

    Args:
        name (str): A path, an alias, or the name of a file in ``configs``, with or without
            its folder. The current folder does not matter.

    Returns:
        str: The path; ``name`` unchanged if nothing matches, so that opening it fails.
    """
    if Path(name).is_file():
        return name
    model = find(name)
    if model:
        return model['Config']
    return _of_project(name, 'configs', '.py') or name


def checkpoint(name: str) -> str:
    """Path of a checkpoint, by path, URL, zoo alias or file name.

    Args:
        name (str): A path, a URL, an alias, or the name of a file in ``checkpoints``, with
            or without that folder. The current folder does not matter.

    Returns:
        str: The path; ``name`` unchanged if nothing matches, so that opening it fails.

    Raises:
        FileNotFoundError: If the name has the form of an alias but is not one. The message
            lists the aliases.
    """
    if Path(name).is_file() or '://' in name:
        return name
    model = find(name)
    if model:
        return model['Weights']
    if re.fullmatch(r'[\w-]+', name):
        raise FileNotFoundError(f'checkpoint not found: {name} is neither a file nor an '
                                f'alias of the zoo ({", ".join(aliases())})')
    return _of_project(name, 'checkpoints', '.pth') or name


def is_model(name: str) -> bool:
    """Whether a word of the command line is a model: an alias or an ONNX file."""
    return name.lower().endswith('.onnx') or name == DEFAULT or _is_alias(name)


def onnx_file(name: str) -> Path:
    """The ONNX file of an alias; a path is returned unchanged.

    Raises:
        FileNotFoundError: If the package does not contain the alias's file. The message
            says how to export it.
    """
    if not is_model(name) or name.lower().endswith('.onnx'):
        return Path(name)
    path = ONNX_FILES / f'{name}.onnx'
    if not path.is_file():
        raise FileNotFoundError(
            f'the ONNX file of {name} is not installed (expected {path}): export it where '
            f'PyTorch and MMPose are installed, `erpose export {name} {name}.onnx`, and '
            'use that file')
    return path


def _is_alias(name: str) -> bool:
    try:
        return find(name) is not None
    except (ImportError, FileNotFoundError):  # PyYAML or the metafiles are not installed
        return (ONNX_FILES / f'{name}.onnx').is_file()


def _of_project(name: str, folder: str, suffix: str) -> Optional[str]:
    """The one file of this name in a folder of the project."""
    if Path(name).is_absolute():
        return None
    file_name = name if name.endswith(suffix) else f'{name}{suffix}'
    for path in (root() / file_name, root() / folder / file_name):
        if path.is_file():
            return str(path)
    found = [] if '/' in name else list((root() / folder).rglob(file_name))
    return str(found[0]) if len(found) == 1 else None


@functools.lru_cache(maxsize=None)
def _load(path: Path) -> dict:
    import yaml
    loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
    return yaml.load(path.read_text(encoding='utf-8'), loader)
