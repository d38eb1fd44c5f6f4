"""Reading one value of a `properties` field as a text, number, truth value or day.

The type checker writes these calls for `field['name']`, see check_properties. A value
that is none of the wanted type is null in every back end: what is kept was checked
against its definition, which another record may say differently.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.expressions.function import Function, takes
from core.expressions.sqlforms import Element
from core.expressions.storage_types import plain
from core.expressions.types import BOOLEAN, DATE, INTEGER, TEXT, Kind, Type, decimal

#: Of numbers in properties: all digits, those after the point, and of whole numbers.
DIGITS, PLACES, WHOLE = 18, 6, 10
_NUMBER = r"-?[0-9]{1,12}(\.[0-9]{1,6})?"
_WHOLE = r"-?[0-9]{1,10}"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_IS_NUMBER = re.compile(_NUMBER, re.ASCII)
_IS_WHOLE = re.compile(_WHOLE, re.ASCII)
_IS_DAY = re.compile(_DAY, re.ASCII)


def property_text(document: Any, name: str) -> str | None:
    """The value as a text; SQLite hands the document over as JSON text."""
    if isinstance(document, str):
        document = json.loads(document)
    value = document.get(name) if isinstance(document, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    return str(value) or None if isinstance(value, str | int) else None


def property_number(document: Any, name: str) -> Decimal | None:
    """The value as an exact number."""
    text = property_text(document, name)
    return Decimal(text) if text and _IS_NUMBER.fullmatch(text) else None


def property_whole(document: Any, name: str) -> int | None:
    """The value as a whole number."""
    text = property_text(document, name)
    return int(text) if text and _IS_WHOLE.fullmatch(text) else None


def property_truth(document: Any, name: str) -> bool | None:
    """The value as a truth value."""
    text = property_text(document, name)
    return text == "true" if text in ("true", "false") else None


def property_day(document: Any, name: str) -> date | None:
    """The value as a day."""
    text = property_text(document, name)
    if not text or not _IS_DAY.fullmatch(text):
        return None
    year, month, day = (int(part) for part in text.split("-"))
    if not year or day > monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def _pg_text(document: Element, name: Element) -> Element:
    key = sa.cast(name, sa.Text())
    value = sa.func.jsonb_extract_path(document, key, type_=sa.Text())
    kind = sa.func.jsonb_typeof(value, type_=sa.Text())
    text = sa.func.jsonb_extract_path_text(document, key, type_=sa.Text())
    single = kind.in_([sa.literal_column(f"'{k}'") for k in _SINGLE])
    return sa.case((single, sa.func.nullif(text, sa.literal_column("''"))))


_SINGLE = ("string", "number", "boolean")


def _pg_if(pattern: str, build: Callable[[Element], Element]) -> Any:
    def body(document: Element, name: Element) -> Element:
        text = _pg_text(document, name)
        fits = text.op("~", return_type=sa.Boolean())(sa.literal(f"^({pattern})$"))
        return sa.case((fits, build(text)))

    return body


def _pg_number(text: Element) -> Element:
    return sa.cast(text, sa.Numeric())


def _pg_whole(text: Element) -> Element:
    return sa.cast(text, sa.BigInteger())


def _pg_truth(text: Element) -> Element:
    return text == sa.literal_column("'true'")


def _pg_day(text: Element) -> Element:
    """A day that does not exist would be an error: the month tells whether it does."""

    def part(start: int, count: int) -> Element:
        return sa.cast(sa.func.substr(text, start, count), sa.Integer())

    first = sa.func.make_date(
        sa.func.greatest(part(1, 4), sa.literal_column("1")),
        part(6, 2),
        sa.literal_column("1"),
        type_=sa.Date(),
    )
    day = first.op("+", return_type=sa.Date())(part(9, 2) - sa.literal_column("1"))
    exists = sa.extract("month", day) == part(6, 2)
    return sa.case((sa.and_(exists, part(1, 4) > sa.literal_column("0")), day))


_ARGUMENTS = (takes("document", Kind.JSON), takes("name", Kind.TEXT, literal=True))


def _reading(name: str, type: Type, python: Any, postgres: Any) -> Function:
    return Function(f"property_{name}", _ARGUMENTS, type, python, postgres)


AS_TEXT = _reading("text", TEXT, property_text, _pg_text)
AS_NUMBER = _reading(
    "number", decimal(DIGITS, PLACES), property_number, _pg_if(_NUMBER, _pg_number)
)
AS_WHOLE = _reading(
    "whole", INTEGER.sized(WHOLE, 0), property_whole, _pg_if(_WHOLE, _pg_whole)
)
AS_TRUTH = _reading("truth", BOOLEAN, property_truth, _pg_if("true|false", _pg_truth))
AS_DAY = _reading("day", DATE, property_day, _pg_if(_DAY, _pg_day))
FUNCTIONS = (AS_TEXT, AS_NUMBER, AS_WHOLE, AS_TRUTH, AS_DAY)
