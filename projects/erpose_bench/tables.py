"""Markdown tables."""
from typing import List, Sequence

from tabulate import tabulate


def table(rows: Sequence[List[str]]) -> str:
    """Formats rows of text as a Markdown table; the first row is the heading."""
    return tabulate(rows, headers='firstrow', tablefmt='github', disable_numparse=True)
