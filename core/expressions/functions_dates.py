"""Functions on days, moments and lengths of time, with their Python and SQL bodies.

Collected by the catalogue. Weeks are ISO weeks, weekdays run from 1 (Monday) to 7;
days and moments meet in the zone of the evaluation, normally the company's.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.expressions import exact
from core.expressions import sqlforms as f
from core.expressions.env import Env
from core.expressions.errors import EvaluationError
from core.expressions.function import Function, takes
from core.expressions.operators_time import MICROSECOND
from core.expressions.sqlforms import Element, Sql
from core.expressions.types import (
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    INTEGER,
    MONTHS,
    Kind,
)
from core.expressions.zone_days import sqlite_day

UNITS = ("week", "month", "quarter", "year")
_D = takes("d", Kind.DATE)
_N = takes("n", Kind.INTEGER)
_BIG = sa.BigInteger()
_MAX_COUNT = 10**9


def add_months(day: date, months: int) -> date:
    """The day so many months later, at most the last of its month."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        raise EvaluationError("the date lies outside the calendar")
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def subtract_months(day: date, months: int) -> date:
    """The day so many months earlier, at most the last of its month."""
    return add_months(day, -months)


def _make_date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise EvaluationError(f"{year}-{month}-{day} is no day") from None


def _day_of(env: Env, moment: datetime) -> date:
    try:
        return moment.astimezone(env.zone).date()
    except OverflowError:
        raise EvaluationError("the date lies outside the calendar") from None


def _moment_of(env: Env, day: date, clock: time) -> datetime:
    try:
        return datetime.combine(day, clock, tzinfo=env.zone).astimezone(UTC)
    except OverflowError:
        raise EvaluationError("the date lies outside the calendar") from None


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def _start_of(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, _quarter(day) * 3 - 2, 1)
    return date(day.year, 1, 1)


def _start_of_text(day: Sql, unit: Sql) -> Sql:
    """The same over SQLite's texts, in its own functions: groups ask it per row."""
    text = sa.String()
    wanted = getattr(unit.element, "value", None)
    if wanted == "week":
        # The calendar itself begins with a Monday, so there always is one.
        monday = sa.func.date(day.element, "-6 days", "weekday 1", type_=text)
        return Sql(monday, DATE)
    if wanted == "month":
        head: Element = sa.func.substr(day.element, 1, 8, type_=text)
        return Sql(f.infix("||", head, sa.literal_column("'01'", text), text), DATE)
    head = sa.func.substr(day.element, 1, 5, type_=text)
    if wanted == "year":
        return Sql(f.infix("||", head, sa.literal_column("'01-01'", text), text), DATE)
    month = sa.cast(sa.func.substr(day.element, 6, 2), sa.Integer)
    firsts = "".join(f"{first}-01" * 3 for first in ("01", "04", "07", "10"))
    tail = sa.func.substr(sa.literal_column(f"'{firsts}'", text), month * 5 - 4, 5)
    return Sql(f.infix("||", head, tail, text), DATE)


def _end_of(day: date, unit: str) -> date:
    start = _start_of(day, unit)
    if unit == "week":
        return _plus_days(start, 6)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    last = add_months(start, months - 1)
    return last.replace(day=calendar.monthrange(last.year, last.month)[1])


def _plus_days(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise EvaluationError("the date lies outside the calendar") from None


def _days_between(a: date, b: date) -> int:
    return (b - a).days


def months_between(a: date, b: date) -> int:
    """Whole months from a to b; negative if b is earlier."""
    if b < a:
        return -months_between(b, a)
    months = (b.year - a.year) * 12 + b.month - a.month
    return months - (1 if add_months(a, months) > b else 0)


def _overlap_days(a1: date, a2: date, b1: date, b2: date) -> int:
    return max(0, (min(a2, b2) - max(a1, b1)).days + 1)


def _length(unit: timedelta) -> Callable[[exact.Number], timedelta]:
    def body(count: exact.Number) -> timedelta:
        if not -_MAX_COUNT <= count <= _MAX_COUNT:
            raise EvaluationError("the duration is too long")
        micros = exact.STRICT.round(exact.multiply(count, unit // MICROSECOND), 0)
        try:
            return timedelta(microseconds=int(micros))
        except OverflowError:
            raise EvaluationError("the duration is too long") from None

    return body


def _pg_length(unit: timedelta) -> Callable[[Element], Element]:
    micros = sa.literal_column(str(unit // MICROSECOND), sa.Numeric())
    return lambda n: sa.cast(sa.func.round(sa.cast(n, sa.Numeric()) * micros), _BIG)


def _in_units(unit: timedelta) -> Callable[[timedelta], Decimal | None]:
    return lambda d: exact.divide(d // MICROSECOND, unit // MICROSECOND)


def _pg_in_units(unit: timedelta) -> Callable[[Element], Element]:
    micros = sa.literal_column(str(unit // MICROSECOND), sa.Numeric())
    return lambda d: sa.func.x_divide(
        sa.cast(d, sa.Numeric()), micros, type_=sa.Numeric()
    )


def _part(name: str) -> Callable[[Element], Element]:
    return lambda d: sa.cast(sa.extract(name, d), _BIG)


def _pg(name: str, result: Any) -> Callable[..., Element]:
    def body(*args: Element) -> Element:
        call: Element = getattr(sa.func, name)(*args, type_=result)
        return call

    return body


def _as_int(*args: Element) -> list[Element]:
    return [sa.cast(a, sa.Integer()) for a in args]


_NUMBER = takes("n", Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT)
_UNIT = takes("unit", Kind.TEXT, keys=UNITS)
_LENGTHS = (
    ("weeks", timedelta(weeks=1)),
    ("days", timedelta(days=1)),
    ("hours", timedelta(hours=1)),
    ("minutes", timedelta(minutes=1)),
    ("seconds", timedelta(seconds=1)),
)
FUNCTIONS = (
    Function(
        "date",
        (takes("y", Kind.INTEGER), takes("m", Kind.INTEGER), takes("d", Kind.INTEGER)),
        DATE,
        _make_date,
        lambda *args: sa.func.make_date(*_as_int(*args), type_=sa.Date()),
        sql_name="x_make_date",
    ),
    Function(
        "date",
        (takes("x", Kind.DATETIME),),
        DATE,
        _day_of,
        lambda moment, zone: sa.cast(sa.func.timezone(zone, moment), sa.Date()),
        sqlite_day,
        needs_env=True,
        sql_name="x_day_of",
    ),
    Function(
        "datetime",
        (_D, takes("t", Kind.TIME)),
        DATETIME,
        _moment_of,
        lambda d, t, zone: sa.func.timezone(
            zone, d.op("+")(t), type_=sa.DateTime(timezone=True)
        ),
        needs_env=True,
    ),
    Function("year", (_D,), INTEGER, lambda d: d.year, _part("year")),
    Function("quarter", (_D,), INTEGER, _quarter, _part("quarter")),
    Function("month", (_D,), INTEGER, lambda d: d.month, _part("month")),
    Function("week", (_D,), INTEGER, lambda d: d.isocalendar()[1], _part("week")),
    Function("weekday", (_D,), INTEGER, lambda d: d.isoweekday(), _part("isodow")),
    Function("day", (_D,), INTEGER, lambda d: d.day, _part("day")),
    Function(
        "start_of",
        (_D, _UNIT),
        DATE,
        _start_of,
        lambda d, unit: sa.func.x_start_of(d, unit, type_=sa.Date()),
        _start_of_text,
    ),
    Function(
        "end_of",
        (_D, _UNIT),
        DATE,
        _end_of,
        lambda d, unit: sa.func.x_end_of(d, unit, type_=sa.Date()),
    ),
    Function(
        "days_between",
        (takes("a", Kind.DATE), takes("b", Kind.DATE)),
        INTEGER,
        _days_between,
        lambda a, b: sa.cast(b.op("-", return_type=_BIG)(a), _BIG),
    ),
    Function(
        "months_between",
        (takes("a", Kind.DATE), takes("b", Kind.DATE)),
        INTEGER,
        months_between,
        _pg("x_months_between", _BIG),
    ),
    Function(
        "overlap_days",
        tuple(takes(name, Kind.DATE) for name in ("a1", "a2", "b1", "b2")),
        INTEGER,
        _overlap_days,
        _pg("x_overlap_days", _BIG),
    ),
    *(
        Function(name, (_NUMBER,), DURATION, _length(unit), _pg_length(unit))
        for name, unit in _LENGTHS
    ),
    Function(
        "in_hours",
        (takes("d", Kind.DURATION),),
        DECIMAL,
        _in_units(timedelta(hours=1)),
        _pg_in_units(timedelta(hours=1)),
    ),
    Function(
        "in_days",
        (takes("d", Kind.DURATION),),
        DECIMAL,
        _in_units(timedelta(days=1)),
        _pg_in_units(timedelta(days=1)),
    ),
    Function("months", (_N,), MONTHS, lambda n: n, lambda n: n, lambda n: n),
    Function(
        "years",
        (_N,),
        MONTHS,
        lambda n: n * 12,
        lambda n: n.op("*", return_type=_BIG)(sa.literal_column("12")),
    ),
)
PLUS_MONTHS = Function(
    "plus_months",
    (_D, takes("m", Kind.MONTHS)),
    DATE,
    add_months,
    lambda d, m: sa.func.x_add_months(d, sa.cast(m, sa.Integer()), type_=sa.Date()),
    sql_name="x_add_months",
)
MINUS_MONTHS = Function(
    "minus_months",
    (_D, takes("m", Kind.MONTHS)),
    DATE,
    subtract_months,
    lambda d, m: sa.func.x_add_months(d, -sa.cast(m, sa.Integer()), type_=sa.Date()),
    sql_name="x_subtract_months",
)
