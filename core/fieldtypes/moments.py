"""Fields of moments and of lengths of time.

Public: `DateTimeType` (value: datetime in UTC), `DurationType` (value: timedelta),
`in_zone(naive, zone)`, `zone_of(field, locale)`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import sqlalchemy as sa

from core.diagnostics import did_you_mean
from core.expressions import types
from core.expressions.storage_types import Microseconds, UtcDateTime
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
    FieldContext,
    FieldDef,
    Locale,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import complain
from core.fieldtypes.cleaning import kind_of, shortened
from core.fieldtypes.date_texts import read_date, read_time, write_date, write_time
from core.fieldtypes.dates import OrderedType
from core.fieldtypes.number_texts import plain_number
from core.source.durations import parse_duration

_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
# One day of room at both ends, so that every zone can show every moment.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
# 64 bits of microseconds hold a little more.
LONGEST = timedelta(days=100_000_000)


def zone_of(field: FieldDef, locale: Locale) -> ZoneInfo:
    """The zone in which moments of this field are read and shown."""
    if field.zone is None or field.zone == "user":
        return locale.zone_info()
    if field.zone == "company":
        return ZoneInfo(locale.company_zone or locale.zone)
    return ZoneInfo(field.zone)


def in_zone(naive: datetime, zone: ZoneInfo) -> datetime:
    """A wall clock time as a moment in UTC; the first one where clocks went back.

    A time that the clocks of the zone skipped is a BadValue.
    """
    moment = naive.replace(tzinfo=zone, fold=naive.fold).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != naive.replace(fold=0):
        message = (
            f"{naive.isoformat(' ', 'minutes')} does not exist in {zone.key}: the "
            "clocks were put forward then; take a later time"
        )
        raise BadValue("skipped_time", message, zone=zone.key)
    return moment


class DateTimeType(OrderedType):
    """A moment; kept in UTC, shown and read in the zone of user, company or field."""

    name: ClassVar[str] = "datetime"
    keys: ClassVar[frozenset[str]] = frozenset({"zone", "min", "max"})
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text"})
    safe_from: ClassVar[frozenset[str]] = frozenset({"date"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, UtcDateTime()),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.DATETIME

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.zone in (None, "user", "company"):
            return
        try:
            ZoneInfo(field.zone or "")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"there is no time zone '{field.zone}'"
            help_ = did_you_mean(field.zone or "", available_timezones())
            help_ = help_ or "write user, company or a name like Europe/Berlin"
            complain(ctx, field, "E211", message, "zone", help_)

    def read(self, raw: object, field: FieldDef, locale: Locale) -> Value:
        if isinstance(raw, datetime):
            return _checked(raw, zone_of(field, locale))
        if not isinstance(raw, str):
            message = f"a moment like 2026-12-31T10:00Z is needed, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        text = raw.strip()
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = _slow_iso(text)
        return _checked(found, zone_of(field, locale))

    def _json(self, value: Value, field: FieldDef) -> object:
        return str(value.astimezone(UTC).isoformat()).replace("+00:00", "Z")

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "format": "date-time"}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        if value is None:
            return ""
        local = value.astimezone(zone_of(field, locale))
        text = f"{write_date(local, locale)} {write_time(local.timetz(), locale)}"
        # The second of two equal wall clock times has to say so.
        return f"{text} {local.strftime('%z')}" if local.fold else text

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        text = " ".join(text.split())
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = _local(text, locale)
        return self.limited(_checked(found, zone_of(field, locale)), field)

    def widget(self, field: FieldDef) -> WidgetSpec:
        zone = {"zone": field.zone or "user"}
        return WidgetSpec("datetime", {**self._bounds(field), **zone})


def _checked(found: datetime, zone: ZoneInfo) -> datetime:
    try:
        naive = found.tzinfo is None
        moment = in_zone(found, zone) if naive else found.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or not EARLIEST <= moment <= LATEST:
        message = f"{found.isoformat()} is outside the years 1 to 9999"
        raise BadValue("out_of_range", message)
    return moment


def _slow_iso(text: str) -> datetime:
    """A moment whose numbers are not all there, such as `2026-12-31 9:05`."""
    day, _, rest = text.replace("T", " ").partition(" ")
    if not re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", day) or not rest:
        short = shortened(text)
        message = f"'{short}' is not a moment; write it like 2026-12-31T10:00Z"
        raise BadValue("impossible_date", message, value=short)
    return _local(text.replace("T", " "), NEUTRAL)


def _local(text: str, locale: Locale) -> datetime:
    """Day, then time of day, then perhaps an offset, as the locale writes them."""
    offset = _OFFSET.search(text)
    body = text[: offset.start()].rstrip() if offset else text
    found = re.fullmatch(
        r"(.*?\d{1,4}\.?),?\s+(\d{1,2}\s*[:.h]\s*\d{2}.*|\d{1,2}\s*[^\d\s:.]+.*)", body
    )
    if found is None:
        # A day alone is its first moment.
        day, clock = read_date(body, locale), None
    else:
        day, clock = read_date(found[1], locale), read_time(found[2], locale)
    wall = datetime(day.year, day.month, day.day)
    if clock is not None:
        wall = datetime.combine(day, clock)
    if offset is None:
        return wall
    zone = datetime.strptime(offset[0].replace("Z", "+0000"), "%z").tzinfo
    return wall.replace(tzinfo=zone)


class DurationType(OrderedType):
    """An exact length of time; months have none, they are an integer field."""

    name: ClassVar[str] = "duration"
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, Microseconds()),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.DURATION

    def read(self, raw: object, field: FieldDef, locale: Locale) -> Value:
        if isinstance(raw, timedelta):
            return _bounded(raw)
        if not isinstance(raw, str):
            message = f"a duration like PT90M is needed here, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        text = raw.strip()
        if not text:
            return None
        sign, body = (-1, text[1:].strip()) if text[0] in "-\u2212" else (1, text)
        length = _clock_length(body)
        if length is None:
            length = parse_duration(body)
        if length is None:
            short = shortened(text)
            message = (
                f"'{short}' is not a duration; write it like 1:30, PT90M or "
                "1 hour 30 minutes"
            )
            raise BadValue("not_a_duration", message, value=short)
        return _bounded(sign * length)

    def _json(self, value: Value, field: FieldDef) -> object:
        return iso_duration(value)

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "format": "duration", "examples": ["PT1H30M"]}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """Hours and minutes as on a time sheet, `26:30`; seconds if there are any."""
        if value is None:
            return ""
        sign, hours, minutes, seconds = _clock_parts(value)
        text = f"{sign}{hours}:{minutes:02d}"
        if not seconds:
            return text
        whole, _, fraction = plain_number(seconds).partition(".")
        tail = f".{fraction}" if fraction else ""
        return f"{text}:{int(whole):02d}{tail}"

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("duration", self._bounds(field))


def iso_duration(value: timedelta) -> str:
    """The duration in ISO 8601, `P1DT2H30M`; nothing is lost."""
    sign, hours, minutes, seconds = _clock_parts(value)
    days, hours = divmod(hours, 24)
    clock = "".join(
        f"{plain_number(Decimal(number))}{letter}"
        for number, letter in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if number
    )
    day = f"{days}D" if days else ""
    return f"{sign}P{day}T{clock}" if clock else f"{sign}P{day or 'T0S'}"


def _clock_parts(value: timedelta) -> tuple[str, int, int, Decimal]:
    micro = value // timedelta(microseconds=1)
    sign, micro = ("-", -micro) if micro < 0 else ("", micro)
    minutes, rest = divmod(micro, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    return sign, hours, minutes, Decimal(rest).scaleb(-6)


def _clock_length(text: str) -> timedelta | None:
    found = re.fullmatch(
        r"(\d{1,10}):([0-5]?\d)(?::([0-5]\d)(?:[.,](\d{1,6}))?)?", text, re.ASCII
    )
    if found is None:
        return None
    micro = int((found[4] or "0").ljust(6, "0"))
    try:
        hours, minutes = int(found[1]), int(found[2])
        seconds = int(found[3] or 0)
        return timedelta(0, seconds, micro, minutes=minutes, hours=hours)
    except OverflowError:
        return None


def _bounded(value: timedelta) -> timedelta:
    if not -LONGEST <= value <= LONGEST:
        message = f"a duration has at most {LONGEST.days} days"
        raise BadValue("out_of_range", message)
    return value
