"""What the command lines in tools/ share."""
import argparse
import os
import runpy
import sys
from pathlib import Path
from typing import List


def run_mmpose_tool(name: str) -> None:
    """Runs MMPose's own ``tools/<name>`` on the command line of this process.

    ``--data-root DIR`` is taken off first: it names the folder of the data sets, which
    the configs read from the environment variable ``ERPOSE_DATA``.
    """
    import mmpose
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--data-root')
    args, rest = parser.parse_known_args(sys.argv[1:])
    if args.data_root is not None:
        if not os.path.isdir(args.data_root):
            sys.exit(f'--data-root {args.data_root}: no such folder')
        os.environ['ERPOSE_DATA'] = args.data_root.rstrip('/')
    package = Path(mmpose.__file__).parent
    places = [package / '.mim' / 'tools' / name, package.parent / 'tools' / name]
    script = next((str(p) for p in places if p.exists()), None)
    if script is None:
        sys.exit(f'the installed mmpose has no tools/{name}: install it from a release')
    sys.argv = [script, *_without_idle_resume(rest)]
    runpy.run_path(script, run_name='__main__')


def _without_idle_resume(args: List[str]) -> List[str]:
    """Drops a ``--resume`` that names no checkpoint where the work dir holds none: MMPose
    would forget the config's ``load_from`` for it and begin at random."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--work-dir')
    parser.add_argument('--resume', nargs='?', const='auto')
    known = parser.parse_known_args(args)[0]
    if known.resume != 'auto':
        return args
    stems = [Path(arg).stem for arg in args if arg.endswith('.py')]
    work_dir = Path(known.work_dir or Path('work_dirs', *stems[:1]))
    if any(work_dir.glob('*.pth')):
        return args
    print(f'--resume: no checkpoint in {work_dir}, the training begins')
    return [arg for arg in args if arg != '--resume']
