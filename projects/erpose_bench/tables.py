"""Tables as the documents have them."""
from typing import List, Sequence

from tabulate import tabulate


def table(rows: Sequence[List[str]]) -> str:
    """Rows of cells, the first being the heading, as Markdown; cells as they are."""
    return tabulate(rows, headers='firstrow', tablefmt='github', disable_numparse=True)
