"""What became of an import: counts, errors by line, and how it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.mapping import DateOrder
from core.frozen import frozen

MOST_ERRORS = 1_000
ADDED = ("line", "reason")
Progress = Callable[[int, float], None]


@frozen
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


@frozen
class ImportOptions:
    """How a file is read and what happens with rows that do not fit.

    `language` is the reader's unless given; `decimal` and `dates` end doubts about how
    numbers and days are written. `rejected` names the file for rows left out.
    `progress(rows, share)` hears of every chunk. `accept_warnings`: warnings of rules
    are answered with yes and kept in the audit; else they reject their rows. `empty`
    says what an empty cell does to a stored record: keep its value, or clear it.
    `file_name` is how the file was called where it came from.
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
    format: str | None = None
    sheet: str | None = None
    empty: Literal["keep", "clear"] = "keep"
    file_name: str | None = None


@dataclass(slots=True)
class ImportReport:
    """Counts of rows, the first errors, and warnings about the file as a whole.

    `run` is the number of the import, by which it can be undone.
    """

    dry_run: bool = False
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    rejected_file: Path | None = None
    run: int | None = None

    def document(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "dry_run": self.dry_run,
            "import": self.run,
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
    added = tuple(header[-2:]) == ADDED and not frozenset(used) & frozenset(ADDED)
    return tuple(header[:-2] if added else header)
