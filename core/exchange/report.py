"""What became of an import: counts, errors by line, and the file of rejected rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

from core.exchange.errors import ExchangeError
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.mapping import DateOrder

MOST_ERRORS = 1_000
_ADDED = ("line", "reason")
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing wrong with one row; `line` is its first line in the file."""

    line: int
    column: str | None
    value: str | None
    reason: str
    code: str

    def document(self) -> dict[str, Any]:
        """The error as JSON data."""
        return {
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "reason": self.reason,
            "code": self.code,
        }


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is read and what happens with rows that do not fit.

    `language` is the reader's unless given; `decimal` and `dates` end doubts about how
    numbers and days are written. `rejected` names the file for rows left out.
    `progress(rows, share)` hears of every chunk. `accept_warnings`: warnings of rules
    are answered with yes and kept in the audit; else they reject their rows.
    """

    dry_run: bool = False
    language: str | None = None
    decimal: Literal[".", ","] | None = None
    dates: DateOrder | None = None
    encoding: str | None = None
    delimiter: str | None = None
    rejected: Path | None = None
    progress: Progress | None = None
    chunk: int = 2000
    limits: Limits = DEFAULT_LIMITS
    accept_warnings: bool = True


@dataclass(slots=True)
class ImportReport:
    """Counts of rows, the first errors, and warnings about the file as a whole."""

    dry_run: bool = False
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    rejected_file: Path | None = None

    def document(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "dry_run": self.dry_run,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "errors": [error.document() for error in self.errors],
            "warnings": list(self.warnings),
            "rejected_file": str(self.rejected_file) if self.rejected_file else None,
        }


def own_columns(
    header: Sequence[str], used: Iterable[str] = frozenset()
) -> tuple[str, ...]:
    """A header without the two columns that a file of rejected rows has besides.

    They stay where a mapping uses one of them.
    """
    added = tuple(header[-2:]) == _ADDED and not frozenset(used) & frozenset(_ADDED)
    return tuple(header[:-2] if added else header)


class Rejects:
    """Writes rows that were left out, with line and reason; opened at the first one.

    The file can be mended and imported again with the same mapping.
    """

    def __init__(
        self, path: Path | None, header: tuple[str, ...], source: Path
    ) -> None:
        if path is not None and path.resolve() == source.resolve():
            raise ExchangeError("The rejected rows need a file of their own.")
        if path is not None and not path.parent.is_dir():
            raise ExchangeError(f"There is no folder '{path.parent}' for '{path}'.")
        self.path = path
        self.used = False
        self._header = header
        self._file: TextIO | None = None

    def add(self, cells: tuple[str, ...], line: int, reasons: list[str]) -> None:
        """Write one row."""
        if self.path is None:
            return
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow([*self._header, *_ADDED])
            self.used = True
        width = len(self._header)
        padded = [*cells[:width], *[""] * (width - len(cells))]
        csv.writer(self._file).writerow([*padded, line, " ".join(reasons)])

    def close(self) -> None:
        """Finish the file, if there is one."""
        if self._file is not None:
            self._file.close()
