"""Fields with a meaning of their own: places, stars, repetitions, drawn numbers.

Public: `GeoType` (value: text `latitude,longitude`), `RatingType` (int),
`RecurrenceType` (text of an iCalendar rule), `NumberType` (text), `occurrences(rule)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, ClassVar

from core.expressions import types
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    BadValue,
    Conversion,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    Method,
    Safety,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import complain
from core.fieldtypes.cleaning import kind_of, shortened
from core.fieldtypes.limits import limits_of
from core.fieldtypes.number_texts import exact, plain_number, quantized
from core.fieldtypes.numbers import IntegerType
from core.fieldtypes.texts import LineType

_FORBIDDEN_IN_RULES = re.compile(r"[\r\n]|DTSTART|EXRULE|RDATE|EXDATE", re.IGNORECASE)


class GeoType(LineType):
    """A place on earth as `52.520008,13.404954`, exact to about ten centimetres."""

    name: ClassVar[str] = "geo"
    most: ClassVar[int] = 24
    text_like: ClassVar[bool] = False
    sortable: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    widget_kind: ClassVar[str] = "geo"
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text"})

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None or raw == "":
            return None
        if isinstance(raw, str):
            parts: list[object] = list(re.split(r"\s*[,;]\s*|\s+", raw.strip()))
            if parts == [""]:
                return None
        elif isinstance(raw, Mapping):
            parts = [raw.get("latitude"), raw.get("longitude")]
            if parts == [None, None]:
                return None
        elif isinstance(raw, list | tuple):
            parts = list(raw)
        else:
            raise _no_place(kind_of(raw))
        if len(parts) != 2:
            raise _no_place(f"'{shortened(str(raw))}'")
        latitude = _degrees(parts[0], 90, "latitude")
        return f"{latitude},{_degrees(parts[1], 180, 'longitude')}"

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Any:
        return lambda raw: self.coerce(raw, field, locale)

    def _json(self, value: Value, field: FieldDef) -> object:
        latitude, longitude = value.split(",")
        return {"latitude": latitude, "longitude": longitude}

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {
            "type": "object",
            "required": ["latitude", "longitude"],
            "properties": {
                "latitude": {"type": "string", "format": "decimal"},
                "longitude": {"type": "string", "format": "decimal"},
            },
        }


def _degrees(raw: object, most: int, name: str) -> str:
    # What a device measures comes as a float with more digits than it means.
    number = exact(f"{raw:.6f}" if isinstance(raw, float) else raw)
    if number is None or not -most <= number <= most:
        shown = "nothing" if number is None else plain_number(number)
        message = f"the {name} is {shown}, it has to lie between -{most} and {most}"
        raise BadValue("not_a_place", message)
    return plain_number(quantized(Decimal(number), 9, 6))


def _no_place(what: str) -> BadValue:
    message = f"{what} is no place; write latitude and longitude like 52.52, 13.405"
    return BadValue("not_a_place", message)


class RatingType(IntegerType):
    """A number of stars, from 0 to `max` (5 unless given)."""

    name: ClassVar[str] = "rating"
    keys: ClassVar[frozenset[str]] = frozenset({"max"})
    lossy_from: ClassVar[frozenset[str]] = frozenset({"integer", "decimal", "text"})
    safe_from: ClassVar[frozenset[str]] = frozenset()

    def most(self, field: FieldDef) -> int:
        """The number of stars that can be given."""
        limits = limits_of(IntegerType(), field)
        return 5 if limits is None or limits.most is None else limits.most

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.INTEGER.sized(len(str(self.most(field))), 0)

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        # The limits of an integer field would be measured against themselves.
        FieldType.check(self, field, ctx)
        if field.max is None:
            return
        limits = limits_of(IntegerType(), field)
        if limits is None or limits.most is None or not 1 <= limits.most <= 100:
            message = "'max' is the number of stars, from 1 to 100"
            complain(ctx, field, "E209", message, "max")

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        return self.coercer(field, locale)(raw)

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Any:
        whole, most = IntegerType().coercer(field, locale), self.most(field)

        def coerce(raw: object) -> Value:
            value = whole(raw)
            if value is not None and not 0 <= value <= most:
                message = f"{value} is no rating from 0 to {most}"
                raise BadValue("out_of_range", message, value=value, allowed=most)
            return value

        return coerce

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "integer", "minimum": 0, "maximum": self.most(field)}

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("rating", {"max": self.most(field)})

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if self.most(new) >= self.most(old):
            return super()._resized(old, new)
        note = "ratings with more stars than there will be become empty"
        return Conversion(Safety.LOSSY, Method.RECODE, note)


class RecurrenceType(LineType):
    """A rule of repetition as iCalendar writes it: `FREQ=WEEKLY;BYDAY=MO,TH`."""

    name: ClassVar[str] = "recurrence"
    most: ClassVar[int] = 500
    text_like: ClassVar[bool] = False
    sortable: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    widget_kind: ClassVar[str] = "recurrence"
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "longtext"})

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        rule = re.sub(r"\s+", "", text).upper().removeprefix("RRULE:").strip(";")
        message = (
            f"'{shortened(text)}' is no rule of repetition; "
            "write it like FREQ=WEEKLY;BYDAY=MO"
        )
        if len(rule) > self.most or _FORBIDDEN_IN_RULES.search(rule):
            raise BadValue("not_a_recurrence", message, value=shortened(text))
        try:
            _rule(rule, None)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise BadValue("not_a_recurrence", message, value=shortened(text)) from None
        return rule


def occurrences(
    rule: str, start: datetime, after: datetime | None = None, most: int = 100
) -> Iterator[datetime]:
    """The moments at which a rule that begins at `start` repeats, at most `most`.

    `start` is aware; wall clock time is kept across changes of the clocks.
    """
    found = _rule(rule, start)
    return islice((m for m in found if after is None or m > after), most)


def _rule(rule: str, start: datetime | None) -> Any:
    from datetime import UTC

    from dateutil.rrule import rrulestr

    # An end in UTC needs an aware start, an end without zone a naive one.
    aware = re.search(r"UNTIL=\w+Z", rule) is not None
    default = datetime(2000, 1, 1, tzinfo=UTC if aware else None)
    return rrulestr(rule, dtstart=start or default)


class NumberType(LineType):
    """A number such as `OF-2026-0042`; the platform draws it, nobody types it."""

    name: ClassVar[str] = "number"
    keys: ClassVar[frozenset[str]] = frozenset({"numbering"})
    refused_keys: ClassVar[frozenset[str]] = frozenset(
        {"default", "derive", "formula", "cases", "once", "placeholder"}
    )
    most: ClassVar[int] = 60
    writable: ClassVar[bool] = False
    safe_from: ClassVar[frozenset[str]] = frozenset({"integer"})
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text"})
    operators: ClassVar[tuple[str, ...]] = (
        "is",
        "is_not",
        "starts",
        "contains",
        "in",
        "empty",
    )

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {**super().json_schema(field), "readOnly": True}

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("text", {"readonly": True})
