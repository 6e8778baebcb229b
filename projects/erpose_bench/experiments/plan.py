"""Plans of experiments: systems, seeds and test sets, read from a YAML file."""
import os
import re
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

from mmengine.config import Config
from mmengine.fileio import load

from erpose import zoo


class System(NamedTuple):
    """One row of the table.

    Attributes:
        name (str): Name of the row.
        config (str): Absolute path of its config.
        options (dict): Changes to the config, in training and in tests.
        test_options (dict): Changes to the config in tests only.
        weights_of (str): Name of the system whose weights are tested: its own, or that of
            another system with the same config.
        seeds (list[int]): Seeds of its trainings.
        paper (str): What the paper reports for this row, if anything.
    """
    name: str
    config: str
    options: dict
    test_options: dict
    weights_of: str
    seeds: List[int]
    paper: str = ''

    @property
    def slug(self) -> str:
        """The name as the name of a folder."""
        return re.sub(r'[^a-z0-9.+]+', '-', self.name.lower()).strip('-')

    def load(self, test: bool = False) -> Config:
        """Returns the config with ``options``, and with ``test_options`` if ``test``."""
        config = Config.fromfile(self.config)
        config.merge_from_dict(dict(self.options, **(self.test_options if test else {})))
        return config


class Plan(NamedTuple):
    """An experiment.

    Attributes:
        name (str): Stem of the file.
        title (str): Title of the report, one sentence.
        systems (list[System]): Rows of the table.
        tests (dict[str, dict]): Changes to the config by test set.
    """
    name: str
    title: str
    systems: List[System]
    tests: Dict[str, dict]

    def system(self, name: str) -> System:
        return next(s for s in self.systems if s.name == name)


def plans() -> List[str]:
    """Names of the plans under ``configs/experiments``."""
    return sorted(path.stem for path in (zoo.root() / 'configs/experiments').glob('*.yml'))


def load_plan(name: str) -> Plan:
    """Reads a plan, given its name or path.

    Raises:
        ValueError: If the file is not a plan. The message names file, entry and remedy.
    """
    path = Path(name)
    if path.suffix not in ('.yml', '.yaml'):
        path = zoo.root() / 'configs/experiments' / f'{name}.yml'
    if not path.exists():
        raise ValueError(f'no experiment {name!r}: give the path of a .yml file, or one of '
                         f'{plans()}')
    content = load(path)
    if not isinstance(content, dict) or not content.get('systems'):
        raise ValueError(f'{path}: no systems: list what to compare under "systems:"')
    systems: List[System] = []
    for entry in content['systems']:
        systems.append(_system(entry, systems, path, content.get('seeds', [0])))
    tests = {test: {k: os.path.expandvars(v) if isinstance(v, str) else v
                    for k, v in (options or {}).items()}
             for test, options in (content.get('tests') or {'test': {}}).items()}
    return Plan(path.stem, content.get('title', path.stem), systems, tests)


def _system(entry: dict, known: List[System], path: Path, seeds: List[int]) -> System:
    unknown = set(entry) - {'name', 'config', 'options', 'test_options', 'weights_of',
                            'seeds', 'paper'}
    if unknown or 'name' not in entry:
        raise ValueError(f'{path}: a system has a name and a config (or weights_of), and '
                         'may have options, test_options, seeds and paper; got '
                         f'{sorted(entry)}')
    if entry['name'] in [s.name for s in known]:
        raise ValueError(f'{path}: two systems are named {entry["name"]!r}')
    trained: Optional[System] = None
    if 'weights_of' in entry:
        trained = next((s for s in known if s.name == entry['weights_of']), None)
        if trained is None or {'config', 'options', 'seeds'} & set(entry):
            raise ValueError(f'{path}: {entry["name"]!r} takes the weights of '
                             f'{entry["weights_of"]!r}: name a system above it, and leave '
                             'out config, options and seeds, which that system gives')
        config, options, seeds = trained.config, trained.options, trained.seeds
    else:
        if 'config' not in entry:
            raise ValueError(f'{path}: {entry["name"]!r} has no config')
        places = [path.parent / entry['config'], zoo.root() / 'configs' / entry['config']]
        found = next((os.path.abspath(p) for p in places if p.exists()), None)
        if found is None:
            raise ValueError(f'{path}: {entry["name"]!r}: no config {entry["config"]} '
                             'beside the plan or under configs/')
        config, options = found, entry.get('options') or {}
        seeds = entry.get('seeds', seeds)
        if not (isinstance(seeds, list) and seeds and all(type(s) is int for s in seeds)):
            raise ValueError(f'{path}: {entry["name"]!r}: seeds must be a list of '
                             f'integers, such as [0, 1], got {seeds!r}')
    return System(entry['name'], config, options, entry.get('test_options') or {},
                  trained.weights_of if trained else entry['name'], seeds,
                  str(entry.get('paper') or ''))
