"""Trains and tests the systems of a plan, each run a folder, each folder resumable.

::

    <work dir>/<plan>/<system>/seed_<n>/
        train/        what MMEngine's runner writes: config, logs, checkpoints
        tests/*.json  metrics of each test set
        record.json   what was run, on what, with what, for how long

Training and tests are the commands that a user would type; the record holds them.
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
    """Where a run keeps what it reached on a test set."""
    return folder / 'tests' / f'{test.replace("/", "_")}.json'


def run(plan: Plan, work_dir: Path) -> None:
    """Does what is left of the experiment: trains, tests and records every run.

    Raises:
        FileNotFoundError: If an annotation file is missing, before anything is trained.
        RuntimeError: If a command fails, or a folder holds another run.
    """
    if commit().endswith('-dirty'):
        print('the checkout has changes: commit them first, or the records name a state of '
              'the code that nobody can find', flush=True)
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
    """Trains to the end of the schedule, from where the last attempt stopped."""
    record_file = folder / 'record.json'
    wanted = describe(system, seed)
    record = load(record_file) if record_file.exists() else wanted
    for key in ('config', 'options', 'config_sha256', 'data_sha256'):
        if record[key] != wanted[key]:
            raise RuntimeError(
                f'{folder} holds a run whose {key} is {record[key]}, now it is '
                f'{wanted[key]}: move the folder away to train anew, or go on with the '
                'same config, and the data sets in the same folder')
    if record['commit'] != wanted['commit']:
        print(f"{folder} holds a run of commit {record['commit']}, now it is "
              f"{wanted['commit']}: move the folder away to train anew", flush=True)
    if record.get('trained'):
        return
    options = dict(system.options, **{'randomness.seed': seed})
    log = folder / 'train.log'
    if log.exists():  # an attempt that was killed recorded when it began, not its time
        killed = max(0, log.stat().st_mtime - record_file.stat().st_mtime)
        record['train_seconds'] = record.get('train_seconds', 0) + killed
    command = [tool('train.py'), system.config, '--work-dir', str(folder / 'train'),
               '--cfg-options', *options_text(options)]
    record['train_command'] = readable(command, folder)
    folder.mkdir(parents=True, exist_ok=True)
    dump(record, record_file, indent=2)
    if any((folder / 'train').glob('epoch_*.pth')):  # else it would undo a load_from
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
    """Tests a checkpoint on one test set, unless that was done."""
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
    """The config of a system as it is tested with the options of a test set."""
    config = system.load(test=True)
    config.merge_from_dict(options)
    return config


def last_checkpoint(train_dir: Path) -> Path:
    """What MMEngine's runner saved last."""
    note = train_dir / 'last_checkpoint'
    if not note.exists():
        raise RuntimeError(f'{train_dir} holds no checkpoint: train first')
    return train_dir / Path(note.read_text().strip()).name


def describe(system: System, seed: int) -> dict:
    """What a reader needs to repeat the run, or to tell why a repeat differs."""
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
    """SHA-256 of the content of a config, in whatever order its files say it.

    Where the data sets and the initial weights are is a part of it.
    """
    content = json.dumps(config.to_dict(), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def annotation_hashes(config: Config, *loaders: str) -> dict:
    """SHA-256 of every annotation file that the data loaders name."""
    return {name: sha256(path) for name, path in annotation_files(config, *loaders).items()}


def annotation_files(config: Config, *loaders: str) -> Dict[str, Path]:
    """Where the annotation files are, by the names that the data loaders give them.

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
                    f'{path} of {loader} is missing: let ERPOSE_DATA, or --data-root, name '
                    'the folder of the data sets')
            files[part.ann_file] = path
    return files


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def commit() -> str:
    """The checkout's commit, '-dirty' if it has changes, '' outside a checkout."""
    done = subprocess.run(['git', 'describe', '--always', '--dirty', '--abbrev=12'],
                          cwd=zoo.root(), capture_output=True, text=True)
    return done.stdout.strip()


def options_text(options: dict) -> List[str]:
    return [f'{key}={value}' for key, value in sorted(options.items())]


def tool(name: str) -> str:
    return str(zoo.root() / 'tools' / name)


def readable(command: List[str], folder: Optional[Path] = None) -> str:
    """The command as it goes in a report, to be pasted into a shell: without this machine's
    places, and with what is in the run's folder named from there."""
    parts = [_relative(part) for part in command]
    if folder:
        parts = [part.replace(f'{_relative(folder)}{os.sep}', '') for part in parts]
    return shlex.join(['python', *parts])


def execute(command: List[str], log: Path) -> None:
    """Runs a command of tools/; what it says goes to the log."""
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
