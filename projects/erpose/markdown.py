"""Tables as the documents have them."""
from typing import List, Sequence


def table(rows: Sequence[List[str]]) -> str:
    """Rows of cells, the first being the heading, as Markdown."""
    lines = ['| ' + ' | '.join(row) + ' |' for row in rows]
    return '\n'.join([lines[0], '|' + '---|' * len(rows[0]), *lines[1:]])
