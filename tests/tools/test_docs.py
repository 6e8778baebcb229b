"""README, docs, metafiles and configs agree, and disagreements are found."""
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / 'tools' / 'check_docs.py'
METAFILE = '''
Models:
  - Name: a-n_1xb8-12e_x
    Config: configs/a/a-n_1xb8-12e_x.py
    Results:
      - Metrics: {AP: 2.40}
'''
README = '''
| `a-n_1xb8-12e_x` | 2.40 | 12.40 |

<!-- figures of docs/report.md -->
| system | AP |
|---|---|
| A | 3.14 ± 0.15 | 7.00 |

See [docs](a.md), tools/check_docs.py and a-{n,s}_1xb8-12e_x.
'''


def check(script):
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True)


def test_check_docs():
    result = check(SCRIPT)
    assert result.returncode == 0, result.stdout


@pytest.fixture
def project(tmp_path):
    for folder in ('configs/a', 'docs', 'tools'):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / 'tools')
    (tmp_path / 'model-index.yml').write_text('Import: [configs/a/metafile.yml]')
    (tmp_path / 'configs/a/metafile.yml').write_text(METAFILE)
    for name in ('configs/a/a-n_1xb8-12e_x.py', 'configs/a/a-s_1xb8-12e_x.py', 'a.md'):
        (tmp_path / name).touch()
    (tmp_path / 'docs/report.md').write_text(
        '| A | 9.26 | 3.14 ± 0.15 |\n| B | 5.35 |\n\n| A | 7.00 |\n')
    (tmp_path / 'README.md').write_text(README)
    return tmp_path


@pytest.mark.parametrize('before, after, said', [
    ('| 2.40 |', '| 2.41 |', 'AP 2.4 is not in'),
    ('| 3.14 ± 0.15 |', '| 5.35 |', "5.35 is not in the rows of 'A' of docs/report.md"),
    ('| 3.14 ± 0.15 | 7.00 |', '| 7.00 | 3.14 ± 0.15 |', '3.14 ± 0.15 is not in the rows'),
    ('docs/report.md', 'docs/none.md', 'names docs/none.md, which does not exist'),
    ('a.md', 'b.md', 'broken link b.md'),
    ('tools/check_docs.py', 'tools/nothing.py', 'names tools/nothing.py'),
    ('a-{n,s}_', 'a-{n,t}_', 'names the config a-t_1xb8-12e_x,'),
])
def test_disagreements_are_found(project, before, after, said):
    result = check(project / 'tools/check_docs.py')
    assert result.returncode == 0, result.stdout
    (project / 'README.md').write_text(README.replace(before, after))
    result = check(project / 'tools/check_docs.py')
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 1 and said in result.stdout


def test_tables_of_docs_are_looked_at(project):
    table = '<!-- figures of docs/report.md -->\n| system | AP |\n|---|---|\n| A | 5.35 |\n'
    (project / 'docs/more.md').write_text(table)
    assert "docs/more.md: 5.35 is not in the rows of 'A'" in check(
        project / 'tools/check_docs.py').stdout
