"""The table and the plots of an experiment, from what its runs left on disk."""
import json
import statistics
from pathlib import Path
from typing import Dict, List, Sequence

from mmengine.fileio import load

from erpose.markdown import table

from .plan import Plan
from .run import metrics_file, run_folder

COLUMNS = {
    'coco/AP': 'AP',
    'coco/AP .5': 'AP50',
    'coco/AP .75': 'AP75',
    'coco/AR': 'AR',
    'coco/easy AP': 'AP easy',
    'coco/medium AP': 'AP medium',
    'coco/hard AP': 'AP hard',
    'coco/crowd AP': 'AP crowded',
    'coco/duplicate rate': 'duplicates',
}
"""Metrics of the table, in percent, and their headings."""


def collect(plan: Plan, work_dir: Path) -> Dict[str, Dict[str, List[dict]]]:
    """Metrics by system and test set, one dictionary a finished seed."""
    results = {}
    for system in plan.systems:
        results[system.name] = {}
        for test in plan.tests:
            files = [metrics_file(run_folder(work_dir, plan, system, seed), test)
                     for seed in plan.seeds]
            results[system.name][test] = [load(f)['metrics'] for f in files if f.exists()]
    return results


def cell(values: Sequence[float]) -> str:
    """Mean of the seeds in percent; with several, also half their range."""
    if not values:
        return '-'
    mean = 100 * statistics.fmean(values)
    spread = 50 * (max(values) - min(values))
    return f'{mean:.2f} ± {spread:.2f}' if len(values) > 1 else f'{mean:.2f}'


def write_report(plan: Plan, work_dir: Path, speed: Dict[str, dict]) -> Path:
    """Writes ``report.md`` and its plots beside the runs; returns the report's path."""
    results = collect(plan, work_dir)
    folder = work_dir / plan.name
    parts = [f'# {plan.title}',
             f'Written by `python tools/experiment.py {plan.name}`; do not edit. '
             f'Metrics in percent; seeds: {len(plan.seeds)}'
             + (' (mean ± half the range).' if len(plan.seeds) > 1 else '.')]
    for test in plan.tests:
        seen = {k for runs in results.values() for m in runs[test] for k in m}
        keys = [key for key in COLUMNS if key in seen]
        rows = [['system', *(COLUMNS[key] for key in keys)]]
        for system in plan.systems:
            runs = results[system.name][test]
            rows.append([system.name,
                         *(cell([m[key] for m in runs if key in m]) for key in keys)])
        parts += [f'## {test}', table(rows)]
    if speed:
        rows = [['system', 'parameters (M)', f'GFLOPs at {plan.input_size}',
                 'latency (ms)', 'to the first']]
        rows += [[name, f"{s['params']:.2f}", f"{s['gflops']:.2f}", f"{s['latency']:.1f}",
                  f"{s['latency_ratio']:.2f}"] for name, s in speed.items()]
        parts += ['## Size and speed',
                  'As deployed. Latency: PyTorch, one CPU thread, batch 1, image tensor to '
                  'poses; systems take turns, medians.', table(rows)]
    parts += _plots(plan, work_dir, results, speed, folder)
    parts += ['## Runs', _runs(plan, work_dir)]
    path = folder / 'report.md'
    path.write_text('\n\n'.join(parts) + '\n')
    return path


def learning_curve(train_dir: Path) -> List[tuple]:
    """(epoch, AP) of every validation during a training."""
    points = {}
    for log in sorted(train_dir.glob('*/vis_data/scalars.json')):
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            if 'coco/AP' in entry:
                points[entry['step']] = 100 * entry['coco/AP']
    return sorted(points.items())


def _plots(plan, work_dir, results, speed, folder) -> List[str]:
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot as plt
    parts = []
    figure, axes = plt.subplots(figsize=(6, 4), layout='constrained')
    for colour, system in enumerate(s for s in plan.systems if s.weights_of == s.name):
        for seed in plan.seeds:
            curve = learning_curve(run_folder(work_dir, plan, system, seed) / 'train')
            if curve:
                axes.plot(*zip(*curve), marker='o', color=f'C{colour}',
                          label=system.name if seed == plan.seeds[0] else None)
    axes.set(xlabel='epoch', ylabel='AP in training', ylim=(0, None))
    if axes.lines:
        axes.legend()
        figure.savefig(folder / 'ap_epoch.png', dpi=120)
        parts.append('![AP against epoch](ap_epoch.png)')
    plt.close(figure)

    test = next(iter(plan.tests))
    figure, axes = plt.subplots(figsize=(6, 4), layout='constrained')
    for name, measured in speed.items():
        values = [m['coco/AP'] for m in results[name][test] if 'coco/AP' in m]
        if values:
            axes.scatter(measured['latency'], 100 * statistics.fmean(values), label=name)
    axes.margins(0.1)
    axes.set(xlabel='latency (ms)', ylabel=f'AP, {test}', xlim=(0, None), ylim=(0, None))
    if axes.collections:
        axes.legend(loc='lower left')
        figure.savefig(folder / 'ap_latency.png', dpi=120)
        parts.append('![AP against latency](ap_latency.png)')
    plt.close(figure)
    return parts


def _runs(plan: Plan, work_dir: Path) -> str:
    rows = [['system', 'seed', 'minutes', 'commit', 'command']]
    for system in plan.systems:
        for seed in plan.seeds:
            record = run_folder(work_dir, plan, system, seed) / 'record.json'
            if record.exists():
                run = load(record)
                rows.append([system.name, str(seed), f"{run['train_seconds'] / 60:.0f}",
                             run['commit'], f"`{run['train_command']}`"])
    return table(rows)
