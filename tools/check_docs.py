"""Checks that README, docs, metafiles and configs agree; exits 1 and lists what does not.

- every metafile entry names an existing config, and weights that exist or are a URL;
- every figure of a metafile entry is in the row of that model in README or docs;
- every figure of a table under "figures of REPORT" is in that report, in the rows of the
  same name and in the same order;
- every file that README and docs link to or name exists, as does every config that they
  name without its folder or by a pattern.
"""
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r'\]\((?!https?:|#|mailto:)([^)#\s]+)')
NAMED = re.compile(r'\b((?:configs|tools|docs|requirements|checkpoints)/[\w./+-]+\.\w+)')
TABLE = re.compile(r'<!-- figures of (\S+) -->\n((?:\|.*\n)+)')
CONFIG = re.compile(r'(?<![\w/{},-])([\w{},-]+_\dxb\d+-\d+e_[\w{},-]+)')


def entries():
    """Metafile path and entry of every model."""
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    for metafile in index['Import']:
        for model in yaml.safe_load((ROOT / metafile).read_text())['Models'] or []:
            yield metafile, model


def check_metafiles():
    rows = [row for document in documents() for row in cells(document.read_text())]
    for metafile, model in entries():
        where = f'{metafile}: {model["Name"]}'
        if not (ROOT / model['Config']).exists():
            yield f'{where}: no config {model["Config"]}'
        weights = model.get('Weights')
        if weights and '://' not in weights and not (ROOT / weights).exists():
            yield f'{where}: no weights {weights}'
        figures = next((r for r in rows if r[0] == f'`{model["Name"]}`'), [])
        for result in model.get('Results', []):
            for metric, value in result['Metrics'].items():
                if f'{value:.2f}' not in figures:
                    yield f'{where}: {metric} {value} is not in its row of README or docs'


def check_tables():
    for document in documents():
        for report, table in TABLE.findall(document.read_text()):
            if not (ROOT / report).exists():
                continue  # check_documents reports it
            for problem in check_table(report, table):
                yield f'{document.relative_to(ROOT)}: {problem}'


def check_table(report: str, table: str):
    known = {}
    for name, *figures in cells((ROOT / report).read_text()):
        known.setdefault(name, []).extend(figures)
    for name, *figures in cells(table)[2:]:
        left = iter(known.get(name, ()))
        # `in` consumes `left` up to the figure
        missing = next((figure for figure in figures if figure not in left), None)
        if missing:
            yield (f'{missing} is not in the rows of {name!r} of {report}, '
                   'or not behind the figure before it')


def documents():
    return [ROOT / 'README.md', *ROOT.glob('CONTRIBUTING.md'),
            *sorted(ROOT.glob('docs/*.md')), *sorted(ROOT.glob('configs/*/README.md'))]


def cells(markdown: str):
    """Returns the cells of every table row."""
    return [[cell.strip() for cell in line.strip('|').split('|')]
            for line in markdown.splitlines() if line.startswith('|')]


def check_documents():
    for document in documents():
        text = document.read_text()
        here = document.relative_to(ROOT)
        for target in LINK.findall(text):
            if not (document.parent / target).exists():
                yield f'{here}: broken link {target}'
        for target in NAMED.findall(text):
            if not (ROOT / target).exists():
                yield f'{here}: names {target}, which does not exist'
        for pattern in CONFIG.findall(text):
            for name in spelled_out(pattern):
                if not list(ROOT.glob(f'configs/*/{name}.py')):
                    yield f'{here}: names the config {name}, which does not exist'


def spelled_out(pattern: str):
    """Expands a pattern of names such as a-{n,s}."""
    head, brace, rest = pattern.partition('{')
    if not brace:
        return [pattern]
    choices, _, tail = rest.partition('}')
    return [name for choice in choices.split(',')
            for name in spelled_out(f'{head}{choice}{tail}')]


if __name__ == '__main__':
    problems = [*check_metafiles(), *check_tables(), *check_documents()]
    print('\n'.join(problems) or 'README, docs, metafiles and configs agree')
    sys.exit(bool(problems))
