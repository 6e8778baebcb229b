"""Reads and runs the code blocks of the documents."""
import os
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Dict, Iterator, NamedTuple, Tuple

ROOT = Path(__file__).parents[2]
DOCUMENTS = ('README.md', 'CONTRIBUTING.md', 'docs/*.md', 'configs/*/README.md')
COMMANDS = ('bash', 'python')
OTHERS = ('mermaid', '', 'json', 'yaml')  # nothing to run
FENCE = re.compile(r'^ *```(\w*)\n(.*?)^ *```$', re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    document: str
    language: str
    text: str

    @property
    def key(self) -> Tuple[str, str]:
        """Document, and first line without its comment; the key in the tables."""
        return self.document, re.split(r' +# ', self.text.splitlines()[0])[0]


def blocks(root: Path = ROOT) -> Iterator[Block]:
    """Yields the blocks of commands and programs of all documents.

    Raises:
        ValueError: If the language of a block is in neither COMMANDS nor OTHERS.
    """
    for path in sorted(p for pattern in DOCUMENTS for p in root.glob(pattern)):
        name = path.relative_to(root).as_posix()
        for language, text in FENCE.findall(path.read_text(encoding='utf-8')):
            if language in COMMANDS:
                yield Block(name, language, textwrap.dedent(text))
            elif language not in OTHERS:
                raise ValueError(f'{name}: a block of {language!r}; call it one of '
                                 f'{COMMANDS}, or add it to OTHERS here')


def replaced(text: str, instead: Dict[str, str]) -> str:
    """Replaces words of a block; each must occur as a whole word."""
    for old, new in instead.items():
        pattern = rf'(?<!\w){re.escape(old)}(?!\w)'
        assert re.search(pattern, text), f'{old!r} is not in the block any more'
        text = re.sub(pattern, lambda _, new=new: new, text)
    return text


def run(command: list, binaries: Path, cwd: Path, **env) -> subprocess.CompletedProcess:
    """Runs a command of the virtual environment with the given folder of commands."""
    path = os.pathsep.join([str(binaries), os.environ['PATH']])
    return subprocess.run(
        list(map(str, command)), cwd=cwd, text=True, capture_output=True,
        env={**os.environ, 'PATH': path, **env})
