"""What every file is for the import: a header and rows of texts, whatever the format.

Made by `open_table`; the formats differ only in how they come to their rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from core.exchange.limits import Limits
from core.frozen import frozen


class Exact(str):
    """The text of a cell whose kind the file knows: a point before the fraction, days
    in ISO form, `true` and `false`; nothing about it has to be guessed."""

    __slots__ = ()


#: A place that a row does not speak of at all, where an empty one would say "nothing".
ABSENT: Final = Exact("")


@frozen
class Row:
    """One row: its first line in the file, its cells, and what is wrong with it.

    `done` is the share of the file read so far, 0 to 1; `raw` the text of a row that
    is no list of cells, so that it can be handed back as it came.
    """

    line: int
    cells: tuple[str, ...]
    problem: str | None = None
    done: float = 0.0
    raw: str | None = None


@frozen(kw_only=True)
class Table(ABC):
    """A table on disk: its header, how it is written, and its rows.

    `unmarked` takes away the `'` that keeps spreadsheets from running a cell.
    """

    path: Path
    header: tuple[str, ...]
    size: int
    limits: Limits
    format: str
    encoding: str = "utf-8"
    delimiter: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def unmarked(self) -> Callable[[str], str]:
        """The text of a cell as it is meant."""
        return str

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Read the rows below the header; may be called again."""

    def sample(self, number: int = 20) -> list[tuple[str, ...]]:
        """The cells of the first good rows."""
        good = (row.cells for row in self.rows() if row.problem is None)
        return list(islice(good, number))


def named_columns(cells: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The names of the columns, each once, and what was done to make them so."""
    names: list[str] = []
    warnings: list[str] = []
    while cells and not cells[-1].strip():
        cells.pop()
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"Column {number}"
        if not cell.strip():
            warnings.append(f"Column {number} has no name; it is called '{name}'.")
        if name in names:
            wanted, count = name, 2
            while name in names:
                name, count = f"{wanted} ({count})", count + 1
            warnings.append(f"'{wanted}' names several columns; one is '{name}'.")
        names.append(name)
    return tuple(names), warnings


def fitted_cells(cells: list[str], width: int) -> tuple[list[str], str | None]:
    """Cells of a row that is not as wide as the header; empty ones at its end fall."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) == width:
        return cells, None
    return cells, f"The row has {len(cells)} cells, the header {width}."
