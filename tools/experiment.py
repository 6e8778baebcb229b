"""Runs or continues a named experiment, and writes its tables and plots.

    python tools/experiment.py systems_coco-mini-lsp-320 --data-root DATA

The experiments are the .yml files of configs/experiments. An interrupted one continues; a
finished one only writes its report again. results.json holds everything in report.md for
programs, and the record of every run.
"""
import argparse
import os
import sys
from pathlib import Path

from mmengine.fileio import dump
from mmengine.logging import MMLogger

import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose_bench.experiments import load_plan, plans
from erpose_bench.experiments.report import write_report
from erpose_bench.experiments.results import collect
from erpose_bench.experiments.run import last_checkpoint, run, run_folder
from erpose_bench.speed.complexity import measure


def measure_speed(plan, work_dir: Path) -> dict:
    """Measures size and speed of the systems with the weights of the first seed."""
    configs, checkpoints = {}, {}
    for system in plan.systems:
        configs[system.name] = system.load(test=True)
        trained = plan.system(system.weights_of)
        folder = run_folder(work_dir, plan, trained, trained.seeds[0])
        checkpoints[system.name] = str(last_checkpoint(folder / 'train'))
    return measure(configs, checkpoints)


def experiment(name: str, work_dir: Path) -> Path:
    """Runs or continues an experiment, and returns the path of its report."""
    plan = load_plan(name)
    run(plan, work_dir)
    results = collect(plan, work_dir, measure_speed(plan, work_dir))
    dump(results, work_dir / plan.name / 'results.json', indent=1)
    return write_report(results, work_dir / plan.name)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('experiment', help=f'a .yml file, or one of {", ".join(plans())}')
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/experiments'))
    parser.add_argument('--data-root', default=os.environ.get('ERPOSE_DATA', 'data'),
                        help='folder of the data sets (ERPOSE_DATA; default: %(default)s)')
    args = parser.parse_args()
    os.environ['ERPOSE_DATA'] = args.data_root.rstrip('/')
    MMLogger.get_instance('mmengine', log_level='WARNING')  # else it logs each config
    try:
        report = experiment(args.experiment, args.work_dir)
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        sys.exit(f'experiment: {error}')
    print(report.read_text())
    print(f'written: {report}')
