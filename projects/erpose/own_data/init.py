"""Writes the metainfo and the config for training on own data."""
import json
import re
import shlex
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from erpose.annotations.keypoint_categories import Category

from .coco import read_coco
from .config import config_text, num_epochs
from .keypoints import Keypoints, dataset_info, table
from .subset import Subset
from .yolo import read_yolo
from .yolo_paths import find_yaml

DEFAULT = 'own_data'
USUAL = {
    'annotation', 'annotations', 'coco', 'config', 'data', 'dataset', 'datasets', 'default',
    'export', 'image', 'images', 'instances', 'json', 'keypoints', 'label', 'labels',
    'people', 'person', 'result', 'results', 'test', 'train', 'val', 'valid', 'validation',
    'yolo'}
"""Words that do not identify a data set: person_keypoints_default, _annotations.coco."""


def init(source: Path, val: Optional[Path] = None, images: Optional[Path] = None,
         category: Optional[List[str]] = None, out: Optional[Path] = None,
         force: bool = False, say: Callable[[str], None] = print) -> List[Path]:
    """Reads a data set, and writes its metainfo and a config.

    The data set is neither changed nor copied. All checks precede all writing.

    Args:
        source (Path): COCO file, data.yaml of a YOLO-pose data set, or a folder with one.
        val (Path): Validation set: the same for COCO; for YOLO a folder or list of images.
            Defaults to None: the one that the source names, else a tenth of its images.
        images (Path): Folder of the images. Defaults to None: searched for.
        category (list[str]): Categories whose keypoints are used. Defaults to None: the
            only one with keypoints.
        out (Path): Output folder. Defaults to None: named after the source, in the current
            folder.
        force (bool): Whether to overwrite existing files. Defaults to False.
        say (callable): Called with each line of the summary. Defaults to ``print``.

    Returns:
        list[Path]: The written files, the config first.

    Raises:
        FileNotFoundError, FileExistsError, ValueError: The message names file, cause and
            remedy.
    """
    source, keypoints, chosen, subsets = _read(source, val, images, category)
    for subset, use in zip(subsets, ('train', 'test')):
        subset.check(keypoints, chosen, use)
    notes = [note for subset in subsets for note in subset.notes]
    if len(subsets) == 1:
        total = len(subsets[0].labelled)
        subsets = list(subsets[0].split())
        notes.append(f'no validation set: {len(subsets[1].labelled)} of {total} images are '
                     'used for validation, chosen by the hash of their names. Use --val to '
                     'set your own')
    name = _slug(out.absolute().name) if out else _name(source)
    out = out or _folder(name, source)
    texts = _texts(name, out, subsets, keypoints, chosen)
    _refuse_to_overwrite(list(texts), [source, *(Path(s.source) for s in subsets)], force)
    _write(texts, out)
    for line in [*_sizes(*subsets), *notes, *_warnings(*subsets), '', *table(keypoints), '',
                 'written:', *(f'  {path}' for path in texts),
                 'next steps:', *(f'  {command}' for command in next_steps(
                     next(iter(texts)), subsets[0]))]:
        say(line)
    return list(texts)


def next_steps(config: Path, train: Subset) -> List[str]:
    """Shell commands for training."""
    name, epochs = shlex.quote(config.name), num_epochs(train.num_images)
    return [f'cd {shlex.quote(str(config.parent))}',
            f'mim run erpose dry_run {name}',
            f'mim train erpose {name}',
            f'mim test erpose {name} -C work/epoch_{epochs}.pth']


def _read(source: Path, val: Optional[Path], images: Optional[Path],
          category: Optional[List[str]]
          ) -> Tuple[Path, Keypoints, Optional[Category], List[Subset]]:
    """Source file, keypoints, chosen category and subsets of the data set."""
    for path in filter(None, (source, val, images)):
        if not path.exists():
            raise FileNotFoundError(f'{path} does not exist')
    if images and not images.is_dir():
        raise ValueError(f'--images {images} is a file, expected a folder')
    description = find_yaml(source) if source.is_dir() else source
    if description and description.suffix.lower() in ('.yaml', '.yml'):
        keypoints, subsets = read_yolo(description, val, images, category)
        return description, keypoints, None, subsets
    if source.is_dir() or source.suffix.lower() == '.json':
        return source, *read_coco(source, val, images, category)
    raise ValueError(f'{source} is not a data set: expected a COCO file (.json), the '
                     'data.yaml of a YOLO data set, or a folder with either')


def _sizes(train: Subset, val: Subset) -> List[str]:
    return [f'{subset.source}: {len(subset.labelled)} images with labelled keypoints to '
            f'{use} on' for subset, use in ((train, 'train'), (val, 'validate'))]


def _warnings(train: Subset, val: Subset) -> List[str]:
    """Warnings about possible mistakes."""
    warnings, shared = [], train.shared_images(val)
    if train.num_empty:
        warnings.append(
            f'{train.source}: {train.num_empty} images without annotations are '
            + ('used as negatives' if train.keep_empty else
               'not used. Set keep_empty=True in the config to use them as negatives'))
    if shared:
        warnings.append(f'{shared} images are in both the training and the validation set: '
                        'AP will be too high')
    return warnings


def _texts(name: str, out: Path, subsets: List[Subset], keypoints: Keypoints,
           category: Optional[Category]) -> Dict[Path, str]:
    """Contents of the files to write, the config first."""
    annotations = {}
    for subset, role in zip(subsets, ('train', 'val')):
        if subset.ann_file is None:
            subset.ann_file = out / 'annotations' / f'{role}.json'
            annotations[subset.ann_file] = json.dumps(subset.content)
    train, val = subsets
    return {out / f'{name}.py': config_text(name, out, train, val, category),
            out / f'{name}_keypoints.py': dataset_info(keypoints, name), **annotations}


def _name(source: Path) -> str:
    """The first name, of the file or its folders, that identifies the data set."""
    path = source.absolute()
    for name in (path.stem if path.is_file() else path.name, path.parent.name,
                 path.parent.parent.name):
        if set(re.findall('[a-z]+', name.lower())) - USUAL:
            return _slug(name)
    return DEFAULT


def _slug(name: str) -> str:
    """The name, without characters that a shell needs quoted."""
    return re.sub(r'[^\w-]+', '_', name, flags=re.ASCII).strip('_-') or DEFAULT


def _folder(name: str, source: Path) -> Path:
    """Output folder in the current folder, but never that of the data set."""
    folder, source = Path(name).absolute(), source.absolute()
    return Path(DEFAULT if folder in (source, *source.parents) else name)


def _refuse_to_overwrite(files: List[Path], originals: List[Path], force: bool) -> None:
    own = {path.resolve() for path in originals}
    for path in files:
        if path.resolve() in own:
            raise FileExistsError(f'{path} is part of the data set and would be '
                                  'overwritten. Choose another folder with --out')
    existing = [str(path) for path in files if path.exists()]
    if existing and not force:
        raise FileExistsError(f'files exist already: {", ".join(existing)}. Overwrite them '
                              'with --force, or choose another folder with --out')


def _write(texts: Dict[Path, str], out: Path) -> None:
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
    except OSError as error:
        raise OSError(f'cannot write to {out} ({error.strerror}). Choose another folder '
                      'with --out') from None
