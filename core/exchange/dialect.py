"""Finds the character that separates the cells of a text table.

Called by core.exchange.as_csv with the first lines; the candidate that cuts most lines
into the same number of cells wins.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

DELIMITERS = (",", ";", "\t", "|")


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter of some whole lines; a comma where there is none."""
    scores = {mark: _score(lines, mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: scores[mark])
    return best if scores[best] > (0.0, 0) else ","


def _score(lines: Sequence[str], mark: str) -> tuple[float, int]:
    """Share of rows that are as wide as most, and that width."""
    widths: Counter[int] = Counter()
    rows = csv.reader(lines, delimiter=mark)
    first = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error:
            continue
        if cells:
            first = first or len(cells)
            widths[len(cells)] += 1
    if first < 2 or not widths:
        return 0.0, 0
    return widths[first] / widths.total(), first
