"""Writes the tables and plots of an experiment."""
import statistics
from pathlib import Path
from typing import List, Sequence

from erpose_bench.tables import table

COLUMNS = {
    'AP': 'AP',
    'AP .5': 'AP50',
    'AP .75': 'AP75',
    'AR': 'AR',
    'easy AP': 'AP easy',
    'medium AP': 'AP medium',
    'hard AP': 'AP hard',
    'crowd AP': 'AP crowded',
    'AP(E)': 'AP easy',
    'AP(M)': 'AP medium',
    'AP(H)': 'AP hard',
    'duplicate rate': 'duplicates',
}
"""Metrics of the table, in percent, and their headings; AP(E) to AP(H) are CrowdPose's."""


def write_report(results: dict, folder: Path) -> Path:
    """Writes ``report.md`` and its plots; returns the path of the report.

    Args:
        results (dict): See :func:`~erpose_bench.experiments.results.collect`.
        folder (Path): An existing folder.
    """
    parts = [f'# {results["title"]}',
             f'Written by `python tools/experiment.py {results["plan"]}`; do not edit. '
             'Metrics in percent; of several seeds mean ± standard deviation.']
    for test in results['tests']:
        parts += [f'## {test}', _metrics(results['systems'], test)]
    if any(system['speed'] for system in results['systems'].values()):
        parts += ['## Size and speed',
                  'As deployed. Latency: PyTorch, one CPU thread, batch 1, image tensor to '
                  'poses; systems take turns, medians.', _speeds(results['systems'])]
    parts += [*_plots(results, folder), '## Runs', _runs(results['systems'])]
    path = folder / 'report.md'
    path.write_text('\n\n'.join(parts) + '\n')
    return path


def values(system: dict, test: str, key: str) -> List[float]:
    """A metric of a system on a test set, one value per seed."""
    metrics = [run['metrics'].get(test, {}) for run in system['runs']]
    return [m[key] for m in metrics if key in m]


def cell(values: Sequence[float]) -> str:
    """Mean over the seeds in percent; with several, also the standard deviation (n - 1)."""
    if not values:
        return '-'
    mean = f'{100 * statistics.fmean(values):.2f}'
    return f'{mean} ± {100 * statistics.stdev(values):.2f}' if len(values) > 1 else mean


def _metrics(systems: dict, test: str) -> str:
    keys = [key for key in COLUMNS
            if any(values(system, test, key) for system in systems.values())]
    if not keys:
        raise ValueError(f'{test}: no metric of {list(COLUMNS)} was reported')
    rows = [['system', *(COLUMNS[key] for key in keys)]] + [
        [name, *(cell(values(system, test, key)) for key in keys)]
        for name, system in systems.items()
    ]
    papers = [system.get('paper', '') for system in systems.values()]
    if any(papers):
        headed = ['in the paper (its data)', *papers]
        rows = [[*row, paper] for row, paper in zip(rows, headed)]
    return table(rows)


def _speeds(systems: dict) -> str:
    rows = [['system', 'input', 'parameters (M)', 'GFLOPs', 'latency (ms)', 'to the first']]
    for name, system in systems.items():
        speed = system['speed']
        rows.append([name, 'x'.join(map(str, speed['input_size'])),
                     f"{speed['params']:.2f}", f"{speed['gflops']:.2f}",
                     f"{speed['latency']:.1f}", f"{speed['latency_ratio']:.2f}"])
    return table(rows)


def _runs(systems: dict) -> str:
    rows = [['system', 'seed', 'minutes', 'trained at', 'tested at', 'command']]
    for name, system in systems.items():
        for run in system['runs']:
            if 'record' in run:
                record = run['record']
                rows.append([name, str(run['seed']),
                             f"{record['train_seconds'] / 60:.0f}", record['commit'],
                             ', '.join(run.get('tested', [])) or '-',
                             f"`{record['train_command']}`"])
    return table(rows)


def _plots(results: dict, folder: Path) -> List[str]:
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot as plt
    parts = []
    figure, axes = plt.subplots(figsize=(6, 5), layout='constrained')
    for colour, (name, system) in enumerate(results['systems'].items()):
        for run in system['runs']:
            if run.get('curve'):
                axes.plot(*zip(*run['curve']), marker='o', color=f'C{colour}',
                          label=name if run is system['runs'][0] else None)
    axes.set(xlabel='epoch', ylabel='AP in training', ylim=(0, None))
    axes.locator_params(axis='x', integer=True)
    if axes.lines:
        figure.legend(loc='outside lower left')
        figure.savefig(folder / 'ap_epoch.png', dpi=120)
        parts.append('AP in training uses the decoder of the commit "trained at"; the '
                     'tables test the last weights with the decoder of "tested at".')
        parts.append('![AP against epoch](ap_epoch.png)')
    plt.close(figure)

    test = results['tests'][0]
    figure, axes = plt.subplots(figsize=(6, 5), layout='constrained')
    for name, system in results['systems'].items():
        reached = values(system, test, 'AP')
        if reached and system['speed']:
            axes.scatter(system['speed']['latency'], 100 * statistics.fmean(reached),
                         label=name)
    axes.margins(0.1)
    axes.set(xlabel='latency (ms)', ylabel=f'AP, {test}', xlim=(0, None), ylim=(0, None))
    if axes.collections:
        figure.legend(loc='outside lower left')
        figure.savefig(folder / 'ap_latency.png', dpi=120)
        parts.append('![AP against latency](ap_latency.png)')
    plt.close(figure)
    return parts
