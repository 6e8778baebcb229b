"""What the command lines in tools/ share."""
import argparse
import os
import runpy
import sys
from pathlib import Path


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
    sys.argv = [script, *rest]
    runpy.run_path(script, run_name='__main__')
