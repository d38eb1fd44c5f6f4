"""Functions that make lists; they work in memory only.

Collected by the catalogue. Lists they make are looped over like those of records.
"""

from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType

from core.expressions.errors import EvaluationError
from core.expressions.function import Function, takes
from core.expressions.functions_dates import add_months
from core.expressions.types import DATE, INTEGER, Kind, list_of

MOST_ITEMS = 1000
_MONTHS = MappingProxyType({"month": 1, "quarter": 3, "year": 12})
_DAYS = MappingProxyType({"day": 1, "week": 7})


def series(start: date, until: date, unit: str) -> tuple[date, ...]:
    """Days from `start` on, one unit apart, up to and with `until`.

    Months are counted from the start, so that a series from the 31st keeps to the last
    days of the months. EvaluationError for more than 1,000 days.
    """
    found: list[date] = []
    while (day := _step(start, unit, len(found))) <= until:
        if len(found) == MOST_ITEMS:
            raise EvaluationError(f"a series has at most {MOST_ITEMS} items")
        found.append(day)
    return tuple(found)


def _step(start: date, unit: str, count: int) -> date:
    if unit in _MONTHS:
        return add_months(start, _MONTHS[unit] * count)
    try:
        return start + timedelta(days=_DAYS[unit] * count)
    except OverflowError:
        raise EvaluationError("the date lies outside the calendar") from None


def upto(count: int) -> tuple[int, ...]:
    """1, 2 ... count; nothing for less than one."""
    if count > MOST_ITEMS:
        raise EvaluationError(f"a series has at most {MOST_ITEMS} items")
    return tuple(range(1, count + 1))


FUNCTIONS = (
    Function(
        "series",
        (
            takes("start", Kind.DATE),
            takes("until", Kind.DATE),
            takes("unit", Kind.TEXT, keys=(*_DAYS, *_MONTHS)),
        ),
        list_of(DATE),
        series,
    ),
    Function("upto", (takes("n", Kind.INTEGER),), list_of(INTEGER), upto),
)
