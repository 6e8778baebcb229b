"""Runs MMPose's own ``tools/train.py`` and ``tools/test.py``."""
import argparse
import os
import re
import runpy
import sys
from pathlib import Path
from typing import List, Optional

from mmengine.config import Config

from . import console
from .hooks.checkpoint_fit_hook import CheckpointMismatchError


def run_mmpose_tool(name: str) -> None:
    """Runs MMPose's own ``tools/<name>`` with the arguments of this process.

    ``--data-root DIR`` is our own option: it sets the environment variable ``ERPOSE_DATA``,
    from which the configs read the folder of the data sets. A training must not overwrite
    the checkpoints of an earlier one, see :func:`checked_resume`. The log on the screen is
    short (:mod:`erpose.engine.console`); the log file is complete.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--data-root')
    args, rest = parser.parse_known_args(sys.argv[1:])
    if args.data_root is not None:
        if not os.path.isdir(args.data_root):
            sys.exit(f'--data-root {args.data_root}: no such folder')
        os.environ['ERPOSE_DATA'] = args.data_root.rstrip('/')
    script = _script(name)
    sys.argv = [script, *rest]
    console.show_essentials()
    try:
        if name == 'train.py':
            sys.argv[1:] = checked_resume(script, rest)
        runpy.run_path(script, run_name='__main__')
    except (CheckpointMismatchError, ResumeError) as error:
        sys.exit(f'{name}: {error}')
    except AssertionError as error:  # of MMEngine's schedulers
        if not str(error).startswith('`epoch_length` must be a positive integer'):
            raise
        sys.exit(f'{name}: the training data has fewer images than one batch of '
                 'train_dataloader.batch_size times the number of processes, and '
                 'drop_last drops an incomplete one: lower the batch size')


class ResumeError(ValueError):
    """A training would overwrite checkpoints, or cannot be resumed."""


def checked_resume(script: str, args: List[str]) -> List[str]:
    """Checks the work folder for checkpoints of an earlier training.

    The folder is MMPose's: ``--work-dir``, else the config's ``work_dir``, else
    ``work_dirs/<name of the config>``.

    Args:
        script (str): MMPose's ``tools/train.py``, whose parser is used.
        args (list[str]): Its arguments, as in ``sys.argv``.

    Returns:
        list[str]: The arguments, in which ``--resume`` names its checkpoint. If there is
        none, ``--resume`` is dropped: with it MMEngine would ignore ``load_from`` and start
        from random weights.

    Raises:
        ResumeError: If checkpoints would be overwritten, or if none of them can be resumed.
    """
    tool = runpy.run_path(script)
    parsed = tool['parse_args']()
    config = tool['merge_args'](Config.fromfile(parsed.config), parsed)
    if config.get('resume') and config.get('load_from'):
        return args  # a checkpoint by name
    work_dir = Path(config.work_dir)
    existing = existing_checkpoints(work_dir)
    if not existing:
        if parsed.resume == 'auto':
            print(f'--resume: no checkpoint in {work_dir}, starting a new training')
        return _without_resume(args)
    if not config.get('resume'):
        raise ResumeError(f'{work_dir} contains {existing[-1].name} of another training, '
                          'which would be overwritten: continue that training with '
                          '--resume, or choose another folder with --work-dir')
    latest = latest_checkpoint(work_dir)
    if latest is None:
        raise ResumeError(f'{work_dir} contains {existing[-1].name}, which has no training '
                          'state to resume from: start from its weights with load_from in '
                          'another folder (--work-dir), or name a checkpoint '
                          '(--resume FILE)')
    return [*_without_resume(args), '--resume', str(latest)]


def existing_checkpoints(work_dir: Path) -> List[Path]:
    """Checkpoints of a training in the folder, and that of ``last_checkpoint``, by time."""
    found = [path for path in work_dir.glob('*.pth')
             if re.fullmatch(r'(best_.+|(epoch|iter)_\d+)\.pth', path.name)]
    named = _last_checkpoint(work_dir)
    if named is not None and named not in found:
        found.append(named)
    return sorted(found, key=lambda path: path.stat().st_mtime)


def latest_checkpoint(work_dir: Path) -> Optional[Path]:
    """The checkpoint to resume: that of ``last_checkpoint``, else the highest number."""
    named = _last_checkpoint(work_dir)
    if named is not None:
        return named
    for kind in ('epoch', 'iter'):
        numbers = {int(path.stem.rpartition('_')[2]): path
                   for path in work_dir.glob(f'{kind}_*.pth')
                   if path.stem.rpartition('_')[2].isdigit()}
        if numbers:
            return numbers[max(numbers)]
    return None


def _last_checkpoint(work_dir: Path) -> Optional[Path]:
    pointer = work_dir / 'last_checkpoint'
    if not pointer.is_file():
        return None
    named = Path(pointer.read_text().strip())
    return named if named.is_file() else None


def _without_resume(args: List[str]) -> List[str]:
    """The arguments without ``--resume`` or its abbreviations; it names no file here."""
    kept = []
    for before, arg in zip(['', *args], args):
        option = arg.partition('=')[0]
        named = before.startswith('--r') and '--resume'.startswith(before)
        if not (option.startswith('--r') and '--resume'.startswith(option)
                or named and arg == 'auto'):
            kept.append(arg)
    return kept


def _script(name: str) -> str:
    import mmpose
    package = Path(mmpose.__file__).parent
    places = [package / '.mim' / 'tools' / name, package.parent / 'tools' / name]
    script = next((str(p) for p in places if p.exists()), None)
    if script is None:
        sys.exit(f'the installed mmpose has no tools/{name}: install it from a release')
    return script
