"""The operators on days, moments, lengths of time and texts.

The type checker picks one by `time_operator`; a length of time is a count of
microseconds in SQL.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from core.expressions import exact
from core.expressions import sqlforms as f
from core.expressions.errors import EvaluationError
from core.expressions.function import Function, takes
from core.expressions.sqlforms import Element, Sql
from core.expressions.types import (
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    TEXT,
    Kind,
    Type,
)

MICROSECOND = timedelta(microseconds=1)
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT)


def _numeric(a: Element) -> Element:
    return sa.cast(a, sa.Numeric())


def scale_duration(length: timedelta, factor: int | Decimal) -> timedelta:
    """A length of time times a number, to the microsecond, half up."""
    product = Decimal(length // MICROSECOND) * Decimal(factor)
    try:
        return timedelta(microseconds=int(product.quantize(Decimal(1), ROUND_HALF_UP)))
    except (OverflowError, ArithmeticError):
        raise EvaluationError("the duration is too long") from None


def _duration_ratio(a: timedelta, b: timedelta) -> Decimal | None:
    return exact.divide(a // MICROSECOND, b // MICROSECOND)


def _timed(
    function: Callable[[Any, timedelta], Any],
) -> Callable[[Any, timedelta], Any]:
    def body(a: Any, b: timedelta) -> Any:
        try:
            return function(a, b)
        except OverflowError:
            raise EvaluationError("the date lies outside the calendar") from None

    return body


def _date_plus(day: date, length: timedelta) -> date:
    return day + timedelta(days=length // timedelta(days=1))


def _date_minus(day: date, length: timedelta) -> date:
    return day + timedelta(days=(-length) // timedelta(days=1))


def _pg_moment(sign: str) -> Callable[[Element, Element], Element]:
    def body(moment: Element, length: Element) -> Element:
        return sa.func.x_shift(
            moment,
            length if sign == "+" else f.negated(length),
            type_=sa.DateTime(timezone=True),
        )

    return body


def _pg_day(sign: int) -> Callable[[Element, Element], Element]:
    def body(day: Element, length: Element) -> Element:
        micros = length if sign > 0 else f.negated(length)
        return sa.func.x_shift_day(day, micros, type_=sa.Date())

    return body


_DATE = takes("a", Kind.DATE)
_MOMENT = takes("a", Kind.DATETIME)
_LENGTH = takes("b", Kind.DURATION)
_INTEGER = sa.BigInteger()


def _native(symbol: str) -> Callable[[Sql, Sql], Sql]:
    return lambda a, b: Sql(f.infix(symbol, a.element, b.element, _INTEGER), DURATION)


_TIME_FUNCTIONS = (
    (
        "+",
        Function("date_plus", (_DATE, _LENGTH), DATE, _timed(_date_plus), _pg_day(1)),
    ),
    (
        "-",
        Function(
            "date_minus", (_DATE, _LENGTH), DATE, _timed(_date_minus), _pg_day(-1)
        ),
    ),
    (
        "+",
        Function(
            "moment_plus",
            (_MOMENT, _LENGTH),
            DATETIME,
            _timed(operator.add),
            _pg_moment("+"),
        ),
    ),
    (
        "-",
        Function(
            "moment_minus",
            (_MOMENT, _LENGTH),
            DATETIME,
            _timed(operator.sub),
            _pg_moment("-"),
        ),
    ),
    (
        "-",
        Function(
            "date_difference",
            (_DATE, takes("b", Kind.DATE)),
            DURATION,
            operator.sub,
            lambda a, b: sa.func.x_between_days(a, b, type_=_INTEGER),
        ),
    ),
    (
        "-",
        Function(
            "moment_difference",
            (_MOMENT, takes("b", Kind.DATETIME)),
            DURATION,
            operator.sub,
            lambda a, b: sa.func.x_between(a, b, type_=_INTEGER),
        ),
    ),
    (
        "+",
        Function(
            "duration_add",
            (takes("a", Kind.DURATION), _LENGTH),
            DURATION,
            _timed(operator.add),
            lambda a, b: f.infix("+", a, b, _INTEGER),
            _native("+"),
        ),
    ),
    (
        "-",
        Function(
            "duration_subtract",
            (takes("a", Kind.DURATION), _LENGTH),
            DURATION,
            _timed(operator.sub),
            lambda a, b: f.infix("-", a, b, _INTEGER),
            _native("-"),
        ),
    ),
    (
        "*",
        Function(
            "duration_times",
            (takes("a", Kind.DURATION), takes("b", *_NUMBERS)),
            DURATION,
            scale_duration,
            lambda a, b: sa.cast(
                sa.func.round(f.infix("*", _numeric(a), _numeric(b), sa.Numeric())),
                _INTEGER,
            ),
        ),
    ),
    (
        "/",
        Function(
            "duration_ratio",
            (takes("a", Kind.DURATION), _LENGTH),
            DECIMAL,
            _duration_ratio,
            lambda a, b: sa.func.x_divide(_numeric(a), _numeric(b), type_=sa.Numeric()),
        ),
    ),
    (
        "+",
        Function(
            "text_join",
            (takes("a", Kind.TEXT), takes("b", Kind.TEXT)),
            TEXT,
            operator.add,
            lambda a, b: f.infix("||", a, b, sa.String()),
            lambda a, b: Sql(f.infix("||", a.element, b.element, sa.String()), TEXT),
        ),
    ),
)
NEGATE_DURATION = Function(
    "duration_negate",
    (takes("a", Kind.DURATION),),
    DURATION,
    operator.neg,
    f.negated,
    lambda a: Sql(f.negated(a.element), DURATION),
)
TIME_OPERATORS: tuple[tuple[str, Function], ...] = _TIME_FUNCTIONS


def time_operator(symbol: str, left: Type, right: Type) -> Function | None:
    """The operator on times and texts for these operands, if there is one."""
    for sign, function in TIME_OPERATORS:
        first, second = function.params
        if sign == symbol and left.kind in first.kinds and right.kind in second.kinds:
            return function
    return None
