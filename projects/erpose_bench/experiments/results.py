"""Collects the results of an experiment's runs in one dictionary for JSON."""
import json
from pathlib import Path
from typing import Dict, List

from mmengine.fileio import load

from .plan import Plan
from .run import metrics_file, run_folder


def collect(plan: Plan, work_dir: Path, speed: Dict[str, dict]) -> dict:
    """Collects the results of a plan.

    Returns:
        dict: ``plan``, ``title``, ``tests`` (names) and ``systems``. A system has ``runs``,
        one per seed, ``speed`` (see :func:`~erpose_bench.speed.complexity.measure`) and
        ``paper``, the paper's result. A run has its ``seed``, ``metrics`` by test set,
        without the metric's prefix, ``tested``, the commits of its tests, and, if the
        system was trained, ``record`` and ``curve``.
    """
    return dict(
        plan=plan.name, title=plan.title, tests=list(plan.tests),
        systems={
            system.name: dict(
                runs=[_run(plan, run_folder(work_dir, plan, system, seed), seed)
                      for seed in system.seeds],
                speed=speed.get(system.name),
                paper=system.paper)
            for system in plan.systems
        })


def _run(plan: Plan, folder: Path, seed: int) -> dict:
    files = {test: metrics_file(folder, test) for test in plan.tests}
    tests = {test: load(file) for test, file in files.items() if file.exists()}
    run = dict(seed=seed, tested=sorted({done['commit'] for done in tests.values()}),
               metrics={test: _unprefixed(done['metrics']) for test, done in tests.items()})
    record = folder / 'record.json'
    if record.exists():
        run.update(record=load(record), curve=learning_curve(folder / 'train'))
    return run


def learning_curve(train_dir: Path) -> List[list]:
    """Returns [epoch, AP in percent] of every validation during a training."""
    points = {}
    for log in sorted(train_dir.glob('*/vis_data/scalars.json')):
        for line in log.read_text().splitlines():
            entry = _unprefixed(json.loads(line))
            if 'AP' in entry:
                points[entry['step']] = 100 * entry['AP']
    return [list(point) for point in sorted(points.items())]


def _unprefixed(metrics: dict) -> dict:
    """Removes the prefixes of metrics: coco/AP and crowdpose/AP become AP."""
    return {key.split('/')[-1]: value for key, value in metrics.items()}
