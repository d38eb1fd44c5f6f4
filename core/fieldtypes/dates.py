"""Fields of days and times of day.

Public: `DateType` (value: date), `TimeType` (value: naive time) and `OrderedType`,
the base of all types with `min` and `max`.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import date, datetime, time
from typing import Any, ClassVar

import sqlalchemy as sa

from core.expressions import types
from core.expressions.storage_types import IsoDate, IsoTime
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
    Coercer,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.cleaning import kind_of
from core.fieldtypes.date_texts import (
    impossible,
    read_date,
    read_iso_date,
    read_time,
    write_date,
    write_time,
)
from core.fieldtypes.limits import check_limits, limits_of
from core.fieldtypes.numbers import bounds_of

COMPARED = ("is", "lt", "gt", "between", "empty")
# What spreadsheets and other databases append to a mere day.
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0{1,9})?)?(?:Z|[+-]00:?00)?")


class OrderedType(FieldType):
    """The base of types whose values have an order and so `min` and `max`."""

    keys: ClassVar[frozenset[str]] = frozenset({"min", "max"})
    operators: ClassVar[tuple[str, ...]] = COMPARED

    @abstractmethod
    def read(self, raw: object, field: FieldDef, locale: Locale) -> Value:
        """An input that is not null as a value, whatever the limits are."""

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        check_limits(self, field, ctx)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        return self.coercer(field, locale)(raw)

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Coercer:
        limits, read = limits_of(self, field), self.read

        def coerce(raw: object) -> Value:
            if raw is None or raw == "":
                return None
            value = read(raw, field, locale)
            if limits is None or value is None:
                return value
            return limits.check(value, self, field)

        return coerce

    def _json(self, value: Value, field: FieldDef) -> object:
        return value.isoformat()

    def limited(self, value: Value, field: FieldDef) -> Value:
        """The value, unless it lies outside the literal limits."""
        limits = limits_of(self, field)
        if limits is None or value is None:
            return value
        return limits.check(value, self, field)

    def _bounds(self, field: FieldDef) -> dict[str, object]:
        limits = limits_of(self, field)
        if limits is None:
            return {}
        return bounds_of(limits.least, limits.most, lambda v: self.to_json(v, field))


class DateType(OrderedType):
    """A day."""

    name: ClassVar[str] = "date"
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "datetime"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, IsoDate()),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.DATE

    def read(self, raw: object, field: FieldDef, locale: Locale) -> Value:
        if type(raw) is date:
            return raw
        if isinstance(raw, datetime):
            if raw.time() != time():
                message = f"{raw.isoformat()} has a time of day, only a day is kept"
                raise BadValue("has_time", message)
            return raw.date()
        if not isinstance(raw, str):
            message = f"a date like 2026-12-31 is needed here, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        text = raw.strip()
        if not text:
            return None
        day = read_iso_date(_day_of(text))
        if day is None:
            raise impossible(text, "it has another form", "2026-12-31")
        return day

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "format": "date"}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        return "" if value is None else write_date(value, locale)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        text = _day_of(text.strip())
        return self.limited(read_date(text, locale), field) if text else None

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("date", self._bounds(field))


def _day_of(text: str) -> str:
    """The text without a midnight behind the day."""
    found = _MIDNIGHT.search(text)
    return text[: found.start()] if found and found.end() == len(text) else text


class TimeType(OrderedType):
    """A time of day, the same in every zone."""

    name: ClassVar[str] = "time"
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "datetime"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, IsoTime()),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.TIME

    def read(self, raw: object, field: FieldDef, locale: Locale) -> Value:
        if isinstance(raw, time):
            if raw.tzinfo is not None:
                message = f"{raw.isoformat()} has a time zone; a time of day has none"
                raise BadValue("has_zone", message)
            return raw
        if not isinstance(raw, str):
            message = f"a time like 14:30 is needed here, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        text = raw.strip()
        return read_time(text, NEUTRAL) if text else None

    def _json(self, value: Value, field: FieldDef) -> object:
        return value.isoformat()

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "format": "time", "examples": ["14:30:00"]}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        return "" if value is None else write_time(value, locale)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        text = text.strip()
        return self.limited(read_time(text, locale), field) if text else None

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("time", self._bounds(field))
