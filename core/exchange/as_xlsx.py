"""Reads a sheet of an XLSX workbook row by row, with flat memory.

Called by `open_table`. Numbers, days and truth values keep what they are; of formulas
the value is taken that the spreadsheet program has kept, they are never worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from core.diagnostics import suggestion
from core.exchange.cells import unguarded
from core.exchange.errors import ExchangeError
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.packed import elements, opened_package
from core.exchange.table import Row, Table, fitted_cells, named_columns
from core.exchange.xlsx_values import CellReader
from core.exchange.xlsx_workbook import MAIN, Workbook, read_workbook
from core.frozen import frozen

_FRAMES = frozenset({f"{MAIN}row", f"{MAIN}sheetData"})
_TAGS = _FRAMES | {f"{MAIN}c"}
_MOST_ROWS = 1_048_576
_LETTERS = 3


@frozen(kw_only=True)
class XlsxTable(Table):
    """One sheet of a workbook; its first row that is not empty is the header."""

    workbook: Workbook
    sheet: str

    @property
    def unmarked(self) -> Callable[[str], str]:
        """The text of a cell as it is meant."""
        return unguarded

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header; may be called again."""
        width = len(self.header)
        found = _rows(self.path, self.workbook, self.sheet, self.limits)
        next(found, None)
        for line, cells, problem, done in found:
            if problem is None and len(cells) > width:
                cells, problem = fitted_cells(cells, width)
            elif len(cells) < width:
                cells += [""] * (width - len(cells))
            yield Row(line, tuple(cells), problem, done)


def open_xlsx(
    path: Path, *, sheet: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> XlsxTable:
    """Look at a workbook and return the table of a sheet, the first one by default."""
    with opened_package(path, limits) as package:
        workbook = read_workbook(package, path.name, limits)
    names = list(workbook.sheets)
    shown = [name for name in names if name not in workbook.hidden]
    chosen = (shown or names)[0] if sheet is None else sheet
    if chosen not in workbook.sheets:
        tail = suggestion(chosen, names)
        raise ExchangeError(
            f"'{path.name}' has no sheet '{chosen}'.{tail} It has: {', '.join(names)}."
        )
    first = next(_rows(path, workbook, chosen, limits), None)
    if first is None:
        raise ExchangeError(f"The sheet '{chosen}' of '{path.name}' is empty.")
    line, cells, problem, _ = first
    if problem is not None:
        raise ExchangeError(f"The header in row {line} is broken: {problem}")
    header, warnings = named_columns([unguarded(cell) for cell in cells])
    if sheet is None:
        warnings += _left_out(chosen, shown, workbook)
    return XlsxTable(
        path=path,
        header=header,
        size=path.stat().st_size,
        limits=limits,
        format="xlsx",
        warnings=tuple(warnings),
        workbook=workbook,
        sheet=chosen,
    )


def _left_out(chosen: str, shown: list[str], workbook: Workbook) -> list[str]:
    """Sentences about the sheets that nobody asked for."""
    said = []
    if others := [name for name in shown if name != chosen]:
        said.append(f"Only the sheet '{chosen}' is read, not: {', '.join(others)}.")
    if hidden := sorted(workbook.hidden - {chosen}):
        said.append(f"Hidden sheets are left out: {', '.join(hidden)}.")
    return said


def _rows(
    path: Path, workbook: Workbook, sheet: str, limits: Limits
) -> Iterator[tuple[int, list[str], str | None, float]]:
    """Line, cells, problem and share read of every row that is not empty."""
    with opened_package(path, limits) as package:
        part = workbook.sheets[sheet]
        size = package.getinfo(part).file_size
        with package.open(part) as source:
            given = (source, _TAGS, limits.row * 4, path.name, size, _FRAMES)
            found = elements(*given)
            yield from _collected(found, workbook, limits)


def _collected(
    found: Iterator[tuple[Element, float]], workbook: Workbook, limits: Limits
) -> Iterator[tuple[int, list[str], str | None, float]]:
    read = CellReader(workbook, limits)
    cells: list[str] = []
    problem: str | None = None
    line = 0
    for element, done in found:
        if element.tag == f"{MAIN}c":
            place = _column(element.get("r"), len(cells))
            if place >= limits.columns:
                raise ExchangeError(
                    f"Row {line + 1} of the sheet reaches beyond column "
                    f"{limits.columns:,}; that is no table."
                )
            cells += [""] * (place + 1 - len(cells))
            cells[place], wrong = read.text(element)
            problem = problem or wrong
        elif element.tag == f"{MAIN}row":
            line = _line(element.get("r"), line)
            if problem is not None or any(c.strip() for c in cells):
                yield line, cells, problem, done
            cells, problem = [], None


def _line(text: str | None, before: int) -> int:
    if text is None or not text.isdecimal() or len(text) > 7:
        return before + 1
    line = int(text)
    if not before < line <= _MOST_ROWS:
        raise ExchangeError(f"The rows of the sheet are out of order at row {text}.")
    return line


def _column(place: str | None, usual: int) -> int:
    """The number of a column, from 0, in `AB12`."""
    letters = (place or "").rstrip("0123456789")
    if not letters:
        return usual
    if len(letters) > _LETTERS or not letters.isascii() or not letters.isupper():
        raise ExchangeError(f"'{place}' is no place of a sheet.")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if number - 1 < usual:
        raise ExchangeError(f"The cells of the sheet are out of order at {place}.")
    return number - 1
