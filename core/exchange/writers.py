"""Writes rows as a file of one of the table formats, piece by piece.

Called by the export and for files of rejected rows. Texts that a spreadsheet might run
are made harmless where a spreadsheet will open them.
"""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from core.exchange.cells import TextGuard, guarded
from core.exchange.errors import ExchangeError

WRITTEN: Final = ("csv", "xlsx", "json", "jsonl")
_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 16
_MOST_ROWS = 1_048_576
_LONGEST = 32_767
_DIGITS = 15


class Writer(ABC):
    """One file on its way: first `start`, then `rows` as often as wanted, then `end`.

    `style` says which values it takes: texts for people or for programs (`text`), typed
    ones (`typed`), or those of the API (`json`).
    """

    style = "text"

    @abstractmethod
    def start(self, heads: Sequence[str]) -> bytes:
        """Begin with the names of the columns."""

    @abstractmethod
    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Write some rows; what is returned is ready to be handed on."""

    def end(self) -> Iterator[bytes]:
        """Finish the file."""
        yield b""


class CsvWriter(Writer):
    """Text with a delimiter, UTF-8."""

    def __init__(self, delimiter: str = ",", bom: bool = False) -> None:
        self._delimiter = delimiter
        self._bom = bom
        self._guard = TextGuard(delimiter).guarded

    def start(self, heads: Sequence[str]) -> bytes:
        """Begin with the names of the columns."""
        return (_BOM if self._bom else b"") + self.rows([heads])

    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Write some rows; what is returned is ready to be handed on."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self._delimiter)
        writer.writerows([[self._guard(cell) for cell in row] for row in rows])
        return text.getvalue().encode()


class JsonWriter(Writer):
    """A list of objects, or an object per line."""

    style = "json"

    def __init__(self, lines: bool) -> None:
        self._lines = lines
        self._heads: Sequence[str] = ()
        self._first = True

    def start(self, heads: Sequence[str]) -> bytes:
        """Begin with the names of the columns."""
        self._heads = heads
        return b"" if self._lines else b"["

    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Write some rows; what is returned is ready to be handed on."""
        return self.objects([dict(zip(self._heads, r, strict=True)) for r in rows])

    def objects(self, found: Sequence[dict[str, Any]]) -> bytes:
        """Write some objects as they are."""
        texts = [json.dumps(one, ensure_ascii=False, default=str) for one in found]
        if not texts:
            return b""
        if self._lines:
            return "".join(f"{text}\n" for text in texts).encode()
        start = "\n" if self._first else ",\n"
        self._first = False
        return (start + ",\n".join(texts)).encode()

    def end(self) -> Iterator[bytes]:
        """Finish the file."""
        yield b"" if self._lines else b"\n]\n"


class XlsxWriter(Writer):
    """A workbook of one sheet: days, numbers and truth values as such, no formulas."""

    style = "typed"

    def __init__(self, title: str = "Export") -> None:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell

        self._book = Workbook(write_only=True)
        bare = "".join(one for one in title if one not in "[]:*?/\\'")
        self._sheet = self._book.create_sheet(bare[:31] or "Export")
        self._cell = WriteOnlyCell
        self._number = 0

    def start(self, heads: Sequence[str]) -> bytes:
        """Begin with the names of the columns."""
        from openpyxl.styles import Font

        self._sheet.freeze_panes = "A2"
        cells = [self._made(head) for head in heads]
        for cell in cells:
            cell.font = Font(bold=True)
        self._append(cells)
        return b""

    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Write some rows; what is returned is ready to be handed on."""
        for row in rows:
            self._append([self._made(value) for value in row])
        return b""

    def end(self) -> Iterator[bytes]:
        """Finish the file: a workbook is only whole at its end."""
        import tempfile

        with tempfile.TemporaryFile() as file:
            self._book.save(file)
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece

    def _append(self, cells: list[Any]) -> None:
        self._number += 1
        if self._number > _MOST_ROWS:
            raise ExchangeError(
                f"A sheet holds {_MOST_ROWS:,} rows, and there are more. "
                "Narrow the list, or export it as CSV."
            )
        self._sheet.append(cells)

    def _made(self, value: Any) -> Any:
        if isinstance(value, Decimal) and len(value.as_tuple().digits) > _DIGITS:
            value = f"{value:f}"
        if isinstance(value, str):
            if len(value) > _LONGEST:
                raise ExchangeError(
                    f"A text has {len(value):,} characters, and a cell of a workbook "
                    f"holds {_LONGEST:,}. Export it as CSV or JSON."
                )
            value = guarded(_printable(value))
        cell = self._cell(self._sheet, value=value if value != "" else None)
        if isinstance(value, datetime):
            cell.number_format = "yyyy-mm-dd hh:mm:ss"
        elif isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
        elif isinstance(value, str) and value:
            cell.data_type = "s"
        return cell


def _printable(text: str) -> str:
    """The text without control characters, which XML has no room for."""
    if text.isprintable():
        return text
    return "".join(one for one in text if one >= " " or one in "\t\n\r")


def writer_for(
    format: str, *, delimiter: str = ",", bom: bool = False, title: str = "Export"
) -> Writer:
    """The writer of a table format."""
    if format not in WRITTEN:
        raise ExchangeError(
            f"'{format}' is read only. Export as {', '.join(WRITTEN)}.", "bad_format"
        )
    if format == "xlsx":
        return XlsxWriter(title)
    if format in ("json", "jsonl"):
        return JsonWriter(format == "jsonl")
    return CsvWriter(delimiter, bom)
