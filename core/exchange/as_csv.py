"""Reads tables from CSV files of any origin, row by row, with flat memory.

Called by guessing, by the import and by the wizard's preview. What is wrong with the
file as a whole is an ExchangeError; what is wrong with a row is told with the row.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.exchange.cells import TextGuard
from core.exchange.dialect import find_delimiter
from core.exchange.encoding import find_encoding
from core.exchange.errors import ExchangeError
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.table import Row, Table, fitted_cells, named_columns
from core.frozen import frozen

_SAMPLE_LINES = 200
_MOST_BROKEN = 1_000
#: What stands for bytes that are no text.
_NO_TEXT = re.compile("[\udc80-\udcff]")


@frozen(kw_only=True)
class CsvTable(Table):
    """A text table with a delimiter.

    `broken`: some lines are no text in its encoding.
    """

    broken: bool = False

    @property
    def unmarked(self) -> Callable[[str], str]:
        """The text of a cell as it is meant."""
        return TextGuard(self.delimiter).unguarded

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header; may be called again."""
        errors = "surrogateescape" if self.broken else "strict"
        with _opened(self.path, self.encoding, self.delimiter, errors) as reading:
            reading.next_row(self.limits)
            width = len(self.header)
            while (found := reading.next_row(self.limits)) is not None:
                line, cells, problem = found
                if problem is None and len(cells) != width:
                    cells, problem = fitted_cells(cells, width)
                if self.broken and _NO_TEXT.search("".join(cells)):
                    cells = [_NO_TEXT.sub("\ufffd", cell) for cell in cells]
                    problem = problem or "The row is not UTF-8, as the others are."
                yield Row(line, tuple(cells), problem, reading.share(self.size))


def open_csv(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> CsvTable:
    """Look at a file and return its table; ExchangeError if it is none."""
    size = path.stat().st_size
    found = find_encoding(path, encoding, by_line=True)
    mark = delimiter or _delimiter(path, found.name)
    errors = "replace" if found.broken else "strict"
    with _opened(path, found.name, mark, errors) as reading:
        first = reading.next_row(limits)
    if first is None:
        raise ExchangeError(f"The file '{path.name}' is empty.")
    line, cells, problem = first
    if problem is not None:
        raise ExchangeError(f"The header in line {line} is broken: {problem}")
    if delimiter is not None and len(cells) == 1:
        _check_delimiter(path, found.name, mark)
    header, warnings = named_columns(list(map(TextGuard(mark).unguarded, cells)))
    if len(header) > limits.columns:
        raise ExchangeError(f"'{path.name}' has more than {limits.columns} columns.")
    if found.warning:
        warnings.append(found.warning)
    return CsvTable(
        path=path,
        header=header,
        size=size,
        limits=limits,
        format="csv",
        encoding=found.name,
        delimiter=mark,
        warnings=tuple(warnings),
        broken=found.broken,
    )


class _Reading:
    """The csv parser over one open file, with the place of each row."""

    def __init__(self, file: io.TextIOWrapper, raw: io.BufferedReader, mark: str):
        self._file = file
        self._raw = raw
        self._again: deque[str] = deque()
        self._current: list[str] = []
        self._line = 0
        self._broken = 0
        self._parser = csv.reader(self, delimiter=mark, strict=True)

    def share(self, size: int) -> float:
        """How much of the file has been read."""
        return min(self._raw.tell() / size, 1.0) if size else 1.0

    def next_row(self, limits: Limits) -> tuple[int, list[str], str | None] | None:
        """The next row that is not blank: (line, cells, problem); None at the end."""
        while True:
            self._current.clear()
            try:
                cells = next(self._parser)
            except StopIteration:
                return None
            except csv.Error as error:
                return self._recover(str(error))
            start = self._line - len(self._current) + 1
            if any(cells) and any(cell.strip() for cell in cells):
                return start, cells, _oversized(self._current, cells, limits)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line, for the parser; lines put back come first."""
        line = self._again.popleft() if self._again else self._file.readline()
        if not line:
            raise StopIteration
        self._line += 1
        self._current.append(line)
        return line

    def _recover(self, error: str) -> tuple[int, list[str], str]:
        """Leave out the line that a broken row begins with, and go on behind it."""
        start = self._line - len(self._current) + 1
        self._broken += 1
        if self._broken > _MOST_BROKEN:
            raise ExchangeError(
                f"More than {_MOST_BROKEN:,} rows up to line {start} have broken "
                "quotes. The file seems to be written in another way.",
                line=start,
            )
        first, *others = self._current
        self._again.extendleft(reversed(others))
        self._line = start
        text = first.rstrip("\r\n")
        return start, [text[:200]], _in_words(error, start)


@contextmanager
def _opened(
    path: Path, encoding: str, mark: str, errors: str = "strict"
) -> Iterator[_Reading]:
    with path.open("rb") as raw:
        file = io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="")
        try:
            yield _Reading(file, raw, mark)
        finally:
            file.detach()


def _in_words(error: str, line: int) -> str:
    if "unexpected end" in error:
        return f"The quote that opens in line {line} is never closed."
    if "field larger" in error:
        return "A cell is too long, or a quote is never closed."
    if "expected after" in error:
        return "Behind a closing quote there is more text; quotes inside are doubled."
    return f"The row cannot be read: {error}."


def _oversized(lines: list[str], cells: list[str], limits: Limits) -> str | None:
    length = sum(map(len, lines))
    if length > limits.cell:
        if length > limits.row:
            return f"The row has more than {limits.row:,} characters."
        if max(map(len, cells)) > limits.cell:
            return f"A cell has more than {limits.cell:,} characters."
    if any("\x00" in line for line in lines):
        return "The row holds a NUL character, which no text has."
    return None


def _delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = [file.readline(100_000) for _ in range(_SAMPLE_LINES)]
    return find_delimiter([line for line in lines if line.strip()])


def _check_delimiter(path: Path, encoding: str, mark: str) -> None:
    other = _delimiter(path, encoding)
    if other != mark:
        raise ExchangeError(
            f"With '{mark}' the header of '{path.name}' is a single column; the file "
            f"seems to be separated by {_shown(other)}."
        )


def _shown(mark: str) -> str:
    return "tabs" if mark == "\t" else f"'{mark}'"
