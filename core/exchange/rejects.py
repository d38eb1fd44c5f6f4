"""The file of rows that were left out, in the format that came in.

Written by the import; it can be mended and imported again with the same mapping.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO

from core.exchange.content_lines import escaped, folded
from core.exchange.errors import ExchangeError
from core.exchange.report import ADDED
from core.exchange.table import Exact, Row, Table
from core.exchange.writers import WRITTEN, JsonWriter, Writer, writer_for

BLOCKS = frozenset({"vcard", "icalendar"})


class Rejects:
    """Writes rows that were left out, with line and reason; opened at the first one."""

    def __init__(
        self, path: Path | None, header: tuple[str, ...], table: Table
    ) -> None:
        if path is not None and path.resolve() == table.path.resolve():
            raise ExchangeError("The rejected rows need a file of their own.")
        if path is not None and not path.parent.is_dir():
            raise ExchangeError(f"There is no folder '{path.parent}' for '{path}'.")
        self.path = path
        self.used = False
        self._header = header
        self._table = table
        self._file: BinaryIO | None = None
        self._writer: Writer | None = None

    def add(self, row: Row, reasons: list[str]) -> None:
        """Write one row."""
        if self.path is None:
            return
        if self._file is None:
            self._file = self.path.open("wb")
            self.used = True
            self._begin(self._file)
        self._file.write(self._bytes(row, " ".join(reasons)))

    def _begin(self, file: BinaryIO) -> None:
        if self._table.format in BLOCKS:
            return
        # What is only read comes back as a table; its columns are the same.
        format = self._table.format if self._table.format in WRITTEN else "csv"
        self._writer = writer_for(format, bom=True, title="Rejected")
        file.write(self._writer.start([*self._header, *ADDED]))

    def _bytes(self, row: Row, reason: str) -> bytes:
        if self._table.format in BLOCKS:
            return _block(row, reason)
        assert self._writer is not None
        if isinstance(self._writer, JsonWriter):
            return self._writer.objects([_object(row, reason)])
        width = len(self._header)
        cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
        if self._table.format == "xlsx":
            values = [_number(cell) for cell in cells]
            return self._writer.rows([[*values, row.line, reason]])
        return self._writer.rows([[*cells, str(row.line), reason]])

    def close(self) -> None:
        """Finish the file, if there is one."""
        if self._file is None:
            return
        if self._writer is not None:
            for piece in self._writer.end():
                self._file.write(piece)
        self._file.close()
        self._file = None


def _block(row: Row, reason: str) -> bytes:
    """The card or event as it came, with the reason as a property of its own."""
    *text, end = (row.raw or "").split("\n")
    said = folded(f"X-REJECTED:{escaped(reason)}").rstrip("\r\n")
    return ("\r\n".join([*text, said, end]) + "\r\n").encode()


def _object(row: Row, reason: str) -> dict[str, object]:
    try:
        found = json.loads(row.raw or "{}", parse_float=Decimal)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        found = {"text": row.raw}
    return {**found, "line": row.line, "reason": reason}


def _number(cell: str) -> str | Decimal | bool:
    if type(cell) is not Exact:
        return cell
    if cell in ("true", "false"):
        return cell == "true"
    try:
        return Decimal(cell)
    except InvalidOperation:
        return str(cell)
