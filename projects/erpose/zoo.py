"""The model zoo: what a name such as ``erpose-n`` stands for on this disk.

A model is named by its ``Name`` or one of its ``Alias`` in the metafiles. This module
needs neither PyTorch nor MMPose; :mod:`erpose.engine.zoo_lookup` makes the names known to
MMEngine and MMPose.
"""
import functools
import re
from pathlib import Path
from typing import Iterator, List, Optional

DEFAULT = 'erpose-n'
"""Alias of the model that ``erpose predict`` takes when none is named."""
ONNX_FILES = Path(__file__).parent / 'zoo_files'
"""Folder of the deployed models that come with the package, ``<alias>.onnx``."""


def root() -> Path:
    """Folder that holds ``configs`` and ``model-index.yml``: ``.mim``, or the checkout."""
    package = Path(__file__).parent
    installed = package / '.mim'
    return installed if (installed / 'model-index.yml').exists() else package.parents[1]


def models() -> Iterator[dict]:
    """The entries of all metafiles, with absolute paths for what is on this disk."""
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
    """Path of a config: of a file, of a model of the zoo, or of a config of the project.

    Args:
        name (str): A path, an alias, or the name of a file in ``configs`` with or without
            its folder, and from whatever folder.

    Returns:
        str: The path; ``name`` unchanged where nothing fits, so that the reader says so.
    """
    if Path(name).is_file():
        return name
    model = find(name)
    if model:
        return model['Config']
    return _of_project(name, 'configs', '.py') or name


def checkpoint(name: str) -> str:
    """Path of a checkpoint: of a file, of a model of the zoo, or of one of the project's.

    Args:
        name (str): A path, an address, an alias, or the name of a file in ``checkpoints``
            with or without that folder, and from whatever folder.

    Returns:
        str: The path; ``name`` unchanged where nothing fits, so that the reader says so.

    Raises:
        FileNotFoundError: If it can be nothing but an alias, and is none; names those of
            the zoo.
    """
    if Path(name).is_file() or '://' in name:
        return name
    model = find(name)
    if model:
        return model['Weights']
    if re.fullmatch(r'[\w-]+', name):
        raise FileNotFoundError(f'no checkpoint {name}: neither a file nor an alias of the '
                                f'zoo ({", ".join(aliases())})')
    return _of_project(name, 'checkpoints', '.pth') or name


def is_model(name: str) -> bool:
    """Whether the command line takes a word for a model: an alias, or an ONNX file."""
    return name.lower().endswith('.onnx') or name == DEFAULT or _is_alias(name)


def onnx_file(name: str) -> Path:
    """The deployed file of an alias; a path is returned as it is.

    Raises:
        FileNotFoundError: If the package carries no file of the alias; says how to
            write it.
    """
    if not is_model(name) or name.lower().endswith('.onnx'):
        return Path(name)
    path = ONNX_FILES / f'{name}.onnx'
    if not path.is_file():
        raise FileNotFoundError(
            f'{name} is not installed as ONNX (no {path}): write it where PyTorch and '
            f'MMPose are installed with `erpose export {name} {name}.onnx`, and name that '
            'file')
    return path


def _is_alias(name: str) -> bool:
    try:
        return find(name) is not None
    except (ImportError, FileNotFoundError):  # without PyYAML, or the package alone
        return (ONNX_FILES / f'{name}.onnx').is_file()


def _of_project(name: str, folder: str, suffix: str) -> Optional[str]:
    """The one file of this name in a folder of the project."""
    if Path(name).is_absolute():
        return None
    named = name if name.endswith(suffix) else f'{name}{suffix}'
    for place in (root() / named, root() / folder / named):
        if place.is_file():
            return str(place)
    found = [] if '/' in name else list((root() / folder).rglob(named))
    return str(found[0]) if len(found) == 1 else None


@functools.lru_cache(maxsize=None)
def _load(path: Path) -> dict:
    import yaml
    loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
    return yaml.load(path.read_text(encoding='utf-8'), loader)
