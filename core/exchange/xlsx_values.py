"""Cells of a sheet as texts: numbers as people see them, days in ISO form.

Called by core.exchange.as_xlsx for every cell. Numbers never pass through a float on
their way to a field: their text is cut to the fifteen digits that a sheet keeps.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from core.exchange.limits import Limits
from core.exchange.table import Exact
from core.exchange.xlsx_workbook import MAIN, Workbook, plain_text

_DIGITS = 15
_LARGEST = 300
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_DAYS = 2_958_466


class CellReader:
    """Reads the cells of one workbook."""

    def __init__(self, workbook: Workbook, limits: Limits) -> None:
        self._book = workbook
        self._limits = limits
        self._context = Context(prec=_DIGITS)
        self._start = datetime(1904, 1, 1) if workbook.from_1904 else None

    def text(self, cell: Element) -> tuple[str, str | None]:
        """The text of a cell, and what is wrong with it."""
        kind, place = cell.get("t", "n"), cell.get("r", "?")
        value = cell.findtext(f"{MAIN}v")
        if kind == "inlineStr":
            inline = cell.find(f"{MAIN}is")
            value = "" if inline is None else plain_text(inline)
        if value is None or value == "":
            # Where a formula gives an empty text, the kind of the cell says so.
            if cell.find(f"{MAIN}f") is not None and kind != "str":
                return "", (
                    f"Cell {place} holds a formula that was never worked out. Open "
                    "and save the file in a spreadsheet program."
                )
            return "", None
        if len(value) > self._limits.cell:
            return "", f"A cell has more than {self._limits.cell:,} characters."
        if kind == "s":
            return self._shared(value, place)
        if kind in ("str", "inlineStr"):
            return _letters(value), None
        if kind == "b":
            return Exact("true" if value.strip() == "1" else "false"), None
        if kind == "e":
            return "", f"Cell {place} holds the error {value}."
        if kind == "d":
            return Exact(value.removesuffix("T00:00:00")), None
        return self._number(cell, value, place)

    def _shared(self, value: str, place: str) -> tuple[str, str | None]:
        texts = self._book.texts
        if not value.isdecimal() or len(value) > 9 or int(value) >= len(texts):
            return "", f"Cell {place} names a text that is not there."
        return _letters(texts[int(value)]), None

    def _number(self, cell: Element, value: str, place: str) -> tuple[str, str | None]:
        wrong = f"Cell {place} holds a number that cannot be read."
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            return "", wrong
        if not number.is_finite() or abs(number.adjusted()) > _LARGEST:
            return "", wrong
        style = cell.get("s", "0")
        shapes = self._book.shapes
        known = style.isdecimal() and len(style) < 6 and int(style) < len(shapes)
        shape = shapes[int(style)] if known else "plain"
        if shape == "percent":
            return Exact(_plain(self._context.plus(number) * 100)), None
        if shape == "plain":
            return Exact(_plain(self._context.plus(number))), None
        if not 0 <= number < _DAYS:
            return "", f"Cell {place} holds a day that no calendar has."
        return Exact(self._moment(number, shape)), None

    def _moment(self, number: Decimal, shape: str) -> str:
        days, part = divmod(number, 1)
        time = timedelta(milliseconds=int((part * 86_400_000).to_integral_value()))
        if shape == "time" and days == 0:
            return (datetime(2000, 1, 1) + time).time().isoformat("seconds")
        start = self._start
        if start is None:
            # The calendar of sheets believes in a 29 February 1900, number 60.
            start = datetime(1899, 12, 31 if number < 60 else 30)
        moment = start + timedelta(days=int(days)) + time
        if moment.microsecond >= 500_000:
            moment += timedelta(seconds=1)
        moment = moment.replace(microsecond=0)
        if shape == "day" or (moment.hour, moment.minute, moment.second) == (0, 0, 0):
            return moment.date().isoformat()
        return moment.isoformat(" ")


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _letters(text: str) -> str:
    """Texts write characters that XML has no room for as `_x000D_`."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace("\x00", "")
