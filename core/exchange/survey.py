"""Reads all values of columns that can be read two ways, before anything is written.

Is `12/08/1948` in August or in December, is `1.500` more than a thousand? Called by the
import for columns whose mapping does not say; hands on an answer and, where the values
leave it open, a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.exchange.mapping import DateOrder
from core.exchange.table import Exact

_DAY = re.compile(r"\s*(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})(?!\d)(.*)", re.DOTALL)
_MARKED = re.compile(r"[^\d]*\d[\d.,'\u2019\u00a0\u202f ]*[^\d]*")
_PIVOT = 69


@dataclass(slots=True)
class DateVotes:
    """How many values can only be read one way."""

    first_day: int = 0
    first_month: int = 0
    open: int = 0
    example: str = ""

    def count(self, text: str) -> None:
        """Take one value into account."""
        found = _DAY.fullmatch(text)
        if found is None or len(found[1]) > 2:
            return
        first, second = int(found[1]), int(found[2])
        if first > 12 >= second:
            self.first_day += 1
        elif second > 12 >= first:
            self.first_month += 1
        elif first != second:
            self.open += 1
            self.example = self.example or text

    def order(self, usual: DateOrder) -> DateOrder:
        """The order of day and month: what most values say, else the usual one."""
        if self.first_day == self.first_month:
            return usual
        return "dmy" if self.first_day > self.first_month else "mdy"

    def warning(self, column: str, usual: DateOrder) -> str | None:
        """What a person should know about the answer, None if it is beyond doubt."""
        order = self.order(usual)
        if self.first_day and self.first_month:
            return (
                f"Column '{column}' mixes days first and months first; it is read as "
                f"{_said(order)}. Rows that cannot be read so are rejected."
            )
        if self.open and not self.first_day and not self.first_month:
            return (
                f"Column '{column}' can be read two ways ('{self.example}'); it is "
                f"read as {_said(order)}. Name the order of dates to be sure."
            )
        return None


@dataclass(slots=True)
class MarkVotes:
    """How many numbers can only have a point, or a comma, before their fraction."""

    point: int = 0
    comma: int = 0
    open: int = 0
    example: str = ""

    def count(self, text: str) -> None:
        """Take one value into account."""
        text = text.strip()
        if not _MARKED.fullmatch(text):
            return
        points, commas = text.count("."), text.count(",")
        if points and commas:
            self._vote("." if text.rindex(".") > text.rindex(",") else ",")
        elif points > 1 or commas > 1:
            self._vote("," if points else ".")
        elif points or commas:
            mark = "." if points else ","
            whole, _, fraction = text.partition(mark)
            digits = re.sub(r"\D", "", fraction)
            head = re.sub(r"\D", "", whole)
            if len(digits) == 3 and 1 <= len(head) <= 3 and head != "0":
                self.open += 1
                self.example = self.example or text
            else:
                self._vote(mark)

    def _vote(self, mark: str) -> None:
        if mark == ".":
            self.point += 1
        else:
            self.comma += 1

    def mark(self, usual: str) -> str:
        """The decimal mark: what most values say, else the usual one."""
        if self.point == self.comma:
            return usual
        return "." if self.point > self.comma else ","

    def warning(self, column: str, usual: str) -> str | None:
        """What a person should know about the answer, None if it is beyond doubt."""
        mark = self.mark(usual)
        if self.point and self.comma:
            return (
                f"Column '{column}' mixes decimal points and commas; '{mark}' is taken "
                "as the decimal mark. Rows that cannot be read so are rejected."
            )
        if self.open and not self.point and not self.comma:
            return (
                f"Column '{column}' can be read two ways ('{self.example}'); '{mark}' "
                "is taken as the decimal mark. Name the mark to be sure."
            )
        return None


@dataclass(slots=True)
class Survey:
    """The votes of the columns that need one, by their place in the row."""

    dates: dict[int, DateVotes] = field(default_factory=dict)
    marks: dict[int, MarkVotes] = field(default_factory=dict)

    def read(self, rows: Iterable[tuple[str, ...]]) -> None:
        """Let all values vote."""
        votes: list[tuple[int, DateVotes | MarkVotes]] = [*self.dates.items()]
        votes.extend(self.marks.items())
        for cells in rows:
            for index, one in votes:
                text = cells[index]
                if text and type(text) is not Exact:
                    one.count(text)

    def warnings(
        self, header: tuple[str, ...], order: DateOrder, mark: str
    ) -> list[str]:
        """All warnings, in the order of the columns."""
        found: Mapping[int, str | None] = {
            **{i: v.warning(header[i], order) for i, v in self.dates.items()},
            **{i: v.warning(header[i], mark) for i, v in self.marks.items()},
        }
        return [said for _, said in sorted(found.items()) if said]


def iso_day(text: str, order: DateOrder) -> str:
    """The text with its day in ISO form; what is no such day stays as it is."""
    found = _DAY.fullmatch(text)
    if found is None or len(found[1]) > 2:
        return text
    parts = dict(zip(order, found.groups()[:3], strict=True))
    year = int(parts["y"])
    if len(parts["y"]) <= 2:
        year += 1900 if year >= _PIVOT else 2000
    return f"{year:04}-{int(parts['m']):02}-{int(parts['d']):02}{found[4]}"


def _said(order: DateOrder) -> str:
    words = {"dmy": "day, month, year", "mdy": "month, day, year"}
    return words.get(order, "year, month, day")
