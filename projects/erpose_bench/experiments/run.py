"""Trains and tests the systems of a plan. Each run has a folder, and can be resumed.

::

    <work dir>/<plan>/<system>/seed_<n>/
        train/        config, logs and checkpoints, by MMEngine's runner
        tests/*.json  metrics of each test set
        record.json   command, config, data, versions, machine, time

Trainings and tests run the commands that a user would type; the record holds them.
"""
import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, Optional, Union

from mmengine.config import Config
from mmengine.fileio import dump, load

from erpose import zoo
from erpose.env import PACKAGES, version_of

from .plan import Plan, System


def run_folder(work_dir: Path, plan: Plan, system: System, seed: int) -> Path:
    return work_dir / plan.name / system.slug / f'seed_{seed}'


def metrics_file(folder: Path, test: str) -> Path:
    """File of a run's metrics on a test set."""
    return folder / 'tests' / f'{test.replace("/", "_")}.json'


def run(plan: Plan, work_dir: Path) -> None:
    """Trains, tests and records every run that is not finished yet.

    Raises:
        FileNotFoundError: If an annotation file is missing; checked before any training.
        RuntimeError: If a command fails, or a folder holds another run.
    """
    if commit().endswith('-dirty'):
        print('the checkout has uncommitted changes: the records will name a commit that '
              'does not contain them; commit first', flush=True)
    for system in plan.systems:
        annotation_files(system.load(), 'train_dataloader', 'val_dataloader')
        for options in plan.tests.values():
            annotation_files(tested_config(system, options), 'test_dataloader')
    for seed in sorted({seed for system in plan.systems for seed in system.seeds}):
        for system in (s for s in plan.systems if seed in s.seeds):
            trained = plan.system(system.weights_of)
            weights = run_folder(work_dir, plan, trained, seed) / 'train'
            folder = run_folder(work_dir, plan, system, seed)
            if system is trained:
                train(system, seed, folder)
            for test, options in plan.tests.items():
                evaluate(system, last_checkpoint(weights), test, options, folder)


def train(system: System, seed: int, folder: Path) -> None:
    """Trains to the end of the schedule, resuming an interrupted attempt."""
    record_file = folder / 'record.json'
    wanted = describe(system, seed)
    record = load(record_file) if record_file.exists() else wanted
    for key in ('config', 'options', 'config_sha256', 'data_sha256'):
        if record[key] != wanted[key]:
            raise RuntimeError(
                f'{folder} holds a run with the {key} {record[key]}, this run has '
                f'{wanted[key]}: move the folder away to train again, or use the same '
                'config and the same folder of data sets')
    if record['commit'] != wanted['commit']:
        print(f"{folder} holds a run of commit {record['commit']}, the checkout is at "
              f"{wanted['commit']}: move the folder away to train again", flush=True)
    if record.get('trained'):
        return
    options = dict(system.options, **{'randomness.seed': seed})
    log = folder / 'train.log'
    if log.exists():  # a killed attempt recorded its start, not its duration
        killed = max(0, log.stat().st_mtime - record_file.stat().st_mtime)
        record['train_seconds'] = record.get('train_seconds', 0) + killed
    command = [tool('train.py'), system.config, '--work-dir', str(folder / 'train'),
               '--cfg-options', *options_text(options)]
    record['train_command'] = readable(command, folder)
    folder.mkdir(parents=True, exist_ok=True)
    dump(record, record_file, indent=2)
    if any((folder / 'train').glob('epoch_*.pth')):  # without one, --resume drops load_from
        command.append('--resume')
    begin = time.time()
    try:
        execute(command, log)
        record['trained'] = True
    finally:
        record['train_seconds'] = record.get('train_seconds', 0) + time.time() - begin
        dump(record, record_file, indent=2)


def evaluate(system: System, checkpoint: Path, test: str, options: dict,
             folder: Path) -> None:
    """Tests a checkpoint on one test set, unless its result exists."""
    out = metrics_file(folder, test)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix('.partial.json')
    command = [tool('test.py'), system.config, str(checkpoint),
               '--work-dir', str(folder / 'tests'), '--out', str(partial)]
    config = tested_config(system, options)
    options = dict(system.options, **system.test_options, **options)
    if options:
        command += ['--cfg-options', *options_text(options)]
    done = dict(test=test, command=readable(command, folder),
                weights_sha256=sha256(checkpoint), config_sha256=config_hash(config),
                data_sha256=annotation_hashes(config, 'test_dataloader'))
    if out.exists() and done.items() <= load(out).items():
        return
    execute(command, folder / 'test.log')
    dump(dict(done, commit=commit(), metrics=load(partial)), out, indent=2)
    partial.unlink()


def tested_config(system: System, options: dict) -> Config:
    """Returns a system's config with the options of a test set."""
    config = system.load(test=True)
    config.merge_from_dict(options)
    return config


def last_checkpoint(train_dir: Path) -> Path:
    """Path of the checkpoint that MMEngine's runner saved last."""
    note = train_dir / 'last_checkpoint'
    if not note.exists():
        raise RuntimeError(f'{train_dir} holds no checkpoint: train first')
    return train_dir / Path(note.read_text().strip()).name


def describe(system: System, seed: int) -> dict:
    """Collects what is needed to repeat the run, or to explain a different result."""
    config = system.load()
    return dict(
        system=system.name,
        config=_relative(system.config),
        options=options_text(system.options),
        seed=seed,
        config_sha256=config_hash(config),
        data_sha256=annotation_hashes(config, 'train_dataloader', 'val_dataloader'),
        commit=commit(),
        versions={p: version_of(p) for p in PACKAGES if version_of(p) != '-'},
        machine=dict(python=platform.python_version(), system=platform.system(),
                     cores=os.cpu_count(), gpus=_gpus()))


def config_hash(config: Config) -> str:
    """SHA-256 of the content of a config, whatever the order of its keys.

    It includes the paths of data sets and initial weights.
    """
    content = json.dumps(config.to_dict(), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def annotation_hashes(config: Config, *loaders: str) -> dict:
    """SHA-256 of every annotation file that the data loaders name."""
    return {name: sha256(path) for name, path in annotation_files(config, *loaders).items()}


def annotation_files(config: Config, *loaders: str) -> Dict[str, Path]:
    """Paths of the annotation files, by their names in the data loaders.

    Raises:
        FileNotFoundError: If one is missing.
    """
    files = {}
    for loader in loaders:
        dataset = config[loader].dataset
        for part in dataset.get('datasets', [dataset]):
            path = Path(part.get('data_root') or '') / part.ann_file
            if not path.exists():
                raise FileNotFoundError(
                    f'{path} of {loader} is missing: set ERPOSE_DATA or --data-root to the '
                    'folder of the data sets')
            files[part.ann_file] = path
    return files


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def commit() -> str:
    """The checkout's commit, with '-dirty' if it has changes; '' outside a checkout."""
    done = subprocess.run(['git', 'describe', '--always', '--dirty', '--abbrev=12'],
                          cwd=zoo.root(), capture_output=True, text=True)
    return done.stdout.strip()


def options_text(options: dict) -> List[str]:
    return [f'{key}={value}' for key, value in sorted(options.items())]


def tool(name: str) -> str:
    return str(zoo.root() / 'tools' / name)


def readable(command: List[str], folder: Optional[Path] = None) -> str:
    """Formats a command for a report, to be pasted into a shell.

    Paths are relative: to the run's folder, the checkout or the working directory.
    """
    parts = [_relative(part) for part in command]
    if folder:
        parts = [part.replace(f'{_relative(folder)}{os.sep}', '') for part in parts]
    return shlex.join(['python', *parts])


def execute(command: List[str], log: Path) -> None:
    """Runs a command of tools/; appends its output to the log."""
    print(readable(command), flush=True)
    with open(log, 'a') as file:
        done = subprocess.run([sys.executable, *command], stdout=file,
                              stderr=subprocess.STDOUT)
    if done.returncode:
        tail = log.read_text(errors='replace').splitlines()[-15:]
        raise RuntimeError('\n'.join(
            [f'{readable(command)} failed ({done.returncode}), see {log}:', *tail]))


def _relative(part: Union[str, Path]) -> str:
    text = str(part)
    for place in (zoo.root(), Path.cwd()):
        text = text.replace(f'{place}{os.sep}', '')
    return text


def _gpus() -> List[str]:
    import torch
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
