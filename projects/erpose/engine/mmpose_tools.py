"""MMPose's own command lines, as ``tools/train.py`` and ``tools/test.py`` run them."""
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
    """Runs MMPose's own ``tools/<name>`` on the command line of this process.

    ``--data-root DIR`` is taken off first: it names the folder of the data sets, which
    the configs read from the environment variable ``ERPOSE_DATA``. A training is kept from
    starting over on its own checkpoints, see :func:`checked_resume`. The log on the screen
    is short (:mod:`erpose.engine.console`); the log file has everything.
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
    """A training that would start over on the checkpoints of an earlier one."""


def checked_resume(script: str, args: List[str]) -> List[str]:
    """Looks for checkpoints where the training will write its own.

    The folder is the one that MMPose takes: ``--work-dir``, else the config's ``work_dir``,
    else ``work_dirs/<name of the config>``.

    Args:
        script (str): MMPose's ``tools/train.py``, whose parsing is used.
        args (list[str]): Its arguments; ``sys.argv`` has them too.

    Returns:
        list[str]: The arguments, with the checkpoint of ``--resume`` by name. Without one
        ``--resume`` is dropped: MMEngine would forget ``load_from`` for it and begin at
        random.

    Raises:
        ResumeError: If there are checkpoints that would be overwritten, or none that has
            what a training goes on with.
    """
    tool = runpy.run_path(script)
    parsed = tool['parse_args']()
    config = tool['merge_args'](Config.fromfile(parsed.config), parsed)
    if config.get('resume') and config.get('load_from'):
        return args  # a checkpoint by name
    work_dir = Path(config.work_dir)
    there = existing_checkpoints(work_dir)
    if not there:
        if parsed.resume == 'auto':
            print(f'--resume: no checkpoint in {work_dir}, the training begins')
        return _without_resume(args)
    if not config.get('resume'):
        raise ResumeError(f'{work_dir} holds {there[-1].name} of an earlier training, '
                          'which this one would overwrite: go on with --resume, or name '
                          'another folder with --work-dir')
    latest = latest_checkpoint(work_dir)
    if latest is None:
        raise ResumeError(f'{work_dir} holds {there[-1].name}, which has no state of a '
                          'training to go on with: start from its weights by load_from, '
                          'in another folder (--work-dir), or name a checkpoint '
                          '(--resume FILE)')
    return [*_without_resume(args), '--resume', str(latest)]


def existing_checkpoints(work_dir: Path) -> List[Path]:
    """What a training has written there: by time, and what ``last_checkpoint`` names."""
    found = [path for path in work_dir.glob('*.pth')
             if re.fullmatch(r'(best_.+|(epoch|iter)_\d+)\.pth', path.name)]
    named = _last_checkpoint(work_dir)
    if named is not None and named not in found:
        found.append(named)
    return sorted(found, key=lambda path: path.stat().st_mtime)


def latest_checkpoint(work_dir: Path) -> Optional[Path]:
    """The checkpoint to go on with: by ``last_checkpoint``, else the highest number."""
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
    """The arguments without ``--resume``, abbreviated or not, which names no file here."""
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
