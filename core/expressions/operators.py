"""The operators of the language as functions, one for each pair of operand kinds.

The type checker picks one (`number_operator`, `time_operator`, `compare`); their SQL
bodies keep SQLite's numbers exact by carrying scale and bound along.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from core.expressions import exact
from core.expressions import sqlforms as f
from core.expressions.errors import EvaluationError
from core.expressions.function import Function, takes
from core.expressions.sqlforms import Element, Sql
from core.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    INTEGER,
    TEXT,
    Kind,
    Type,
)

MICROSECOND = timedelta(microseconds=1)
DAY_MICROSECONDS = 86_400_000_000


def _raw(symbol: str, a: Element, b: Element, result: Any) -> Element:
    joined = f.grouped(a).op(symbol, return_type=result)(f.grouped(b))
    return f.grouped(joined)


def _numeric(a: Element) -> Element:
    return sa.cast(a, sa.Numeric())


def _sqlite_sum(name: str, symbol: str) -> Callable[[Sql, Sql], Sql]:
    """Addition or subtraction: operands on one scale, bounds added."""

    def body(a: Sql, b: Sql) -> Sql:
        common = f.common_scale((a, b))
        if common is not None:
            scale, _ = common
            limits = [n.limit * 10 ** (scale - (n.scale or 0)) for n in (a, b)]
            if sum(limits) <= f.INTEGER_BOUND:
                left, right = f.rescaled(a, scale), f.rescaled(b, scale)
                element = _raw(symbol, left, right, sa.BigInteger())
                return Sql(element, DECIMAL, scale, sum(limits))
        return _exact_call(name, a, b)

    return body


def _sqlite_product(a: Sql, b: Sql) -> Sql:
    limit = a.limit * b.limit
    if a.scale is None or b.scale is None or limit > f.INTEGER_BOUND:
        return _exact_call("x_multiply", a, b)
    element = _raw("*", a.element, b.element, sa.BigInteger())
    return Sql(element, DECIMAL, a.scale + b.scale, limit)


def _exact_call(name: str, *args: Sql) -> Sql:
    call: Element = getattr(sa.func, name)(
        *(f.exact_text(a) for a in args), type_=sa.String()
    )
    return Sql(call, DECIMAL)


def _sqlite_negate(a: Sql) -> Sql:
    if a.scale is None:
        return _exact_call("x_negate", a)
    element = f.negated(a.element)
    return Sql(element, DECIMAL, a.scale, a.limit)


_N = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT, Kind.MONEY, Kind.QUANTITY)
_PAIR = (takes("a", *_N), takes("b", *_N))

ADD = Function(
    "add",
    _PAIR,
    DECIMAL,
    exact.add,
    lambda a, b: _raw("+", _numeric(a), _numeric(b), sa.Numeric()),
    _sqlite_sum("x_add", "+"),
)
SUBTRACT = Function(
    "subtract",
    _PAIR,
    DECIMAL,
    exact.subtract,
    lambda a, b: _raw("-", _numeric(a), _numeric(b), sa.Numeric()),
    _sqlite_sum("x_subtract", "-"),
)
MULTIPLY = Function(
    "multiply",
    _PAIR,
    DECIMAL,
    exact.multiply,
    lambda a, b: _raw("*", _numeric(a), _numeric(b), sa.Numeric()),
    _sqlite_product,
)
DIVIDE = Function(
    "divide",
    _PAIR,
    DECIMAL,
    exact.divide,
    lambda a, b: sa.func.x_divide(_numeric(a), _numeric(b), type_=sa.Numeric()),
    roomy=exact.ROOMY.divide,
)
MODULO = Function(
    "modulo",
    (takes("a", Kind.INTEGER), takes("b", Kind.INTEGER)),
    INTEGER,
    exact.modulo,
    lambda a, b: _raw(
        "%", _numeric(a), sa.func.nullif(_numeric(b), sa.literal_column("0")), sa.Numeric()
    ),
)
NEGATE = Function(
    "negate",
    (takes("a", *_N),),
    DECIMAL,
    exact.negate,
    lambda a: f.negated(_numeric(a)),
    _sqlite_negate,
)
TO_DECIMAL = Function(
    "to_decimal",
    (takes("a", Kind.INTEGER),),
    DECIMAL,
    exact.to_decimal,
    _numeric,
    lambda a: a,
)


def scale_duration(length: timedelta, factor: int | Decimal) -> timedelta:
    """A length of time times a number, to the microsecond, half up."""
    product = Decimal(length // MICROSECOND) * Decimal(factor)
    try:
        return timedelta(
            microseconds=int(product.quantize(Decimal(1), ROUND_HALF_UP))
        )
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
    return lambda a, b: Sql(_raw(symbol, a.element, b.element, _INTEGER), DURATION)


_TIME_FUNCTIONS = (
    ("+", Function("date_plus", (_DATE, _LENGTH), DATE, _timed(_date_plus), _pg_day(1))),
    ("-", Function("date_minus", (_DATE, _LENGTH), DATE, _timed(_date_minus), _pg_day(-1))),
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
            lambda a, b: _raw("+", a, b, _INTEGER),
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
            lambda a, b: _raw("-", a, b, _INTEGER),
            _native("-"),
        ),
    ),
    (
        "*",
        Function(
            "duration_times",
            (takes("a", Kind.DURATION), takes("b", *_N[:3])),
            DURATION,
            scale_duration,
            lambda a, b: sa.cast(
                sa.func.round(_raw("*", _numeric(a), _numeric(b), sa.Numeric())),
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
            lambda a, b: _raw("||", a, b, sa.String()),
            lambda a, b: Sql(_raw("||", a.element, b.element, sa.String()), TEXT),
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
NUMBER_OPERATORS: Mapping[str, Function] = MappingProxyType(
    {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "%": MODULO}
)
TIME_OPERATORS: tuple[tuple[str, Function], ...] = _TIME_FUNCTIONS


def time_operator(symbol: str, left: Type, right: Type) -> Function | None:
    """The operator on dates, durations and texts for these operands, if there is one."""
    for sign, function in TIME_OPERATORS:
        first, second = function.params
        if sign == symbol and left.kind in first.kinds and right.kind in second.kinds:
            return function
    return None


def _pg_compare(symbol: str) -> Callable[[Element, Element], Element]:
    compare = _PYTHON[symbol]
    by_code_point = symbol not in {"==", "!="}

    def body(a: Element, b: Element) -> Element:
        if by_code_point and isinstance(a.type, sa.String):
            a, b = sa.collate(a, "C"), sa.collate(b, "C")
        return f.grouped(compare(f.grouped(a), f.grouped(b)))

    return body


def _sqlite_compare(symbol: str) -> Callable[[Sql, Sql], Sql]:
    compare = _PYTHON[symbol]

    def body(a: Sql, b: Sql) -> Sql:
        if a.type.kind in _NUMBERS or b.type.kind in _NUMBERS:
            (left, right), scale, _ = f.aligned((a, b))
            left = f.sortable(left, scale)
        else:
            left, right = a.element, b.element
        return Sql(f.grouped(compare(f.grouped(left), f.grouped(right))), BOOLEAN)

    return body


_NUMBERS = frozenset(_N)
_PYTHON: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)
_ANY = frozenset(Kind)
COMPARISONS: Mapping[str, Function] = MappingProxyType(
    {
        symbol: Function(
            symbol,
            (takes("a", *_ANY), takes("b", *_ANY)),
            BOOLEAN,
            _PYTHON[symbol],
            _pg_compare(symbol),
            _sqlite_compare(symbol),
        )
        for symbol in _PYTHON
    }
)


def _sqlite_same(a: Sql, b: Sql) -> Sql:
    if a.type.kind in _NUMBERS or b.type.kind in _NUMBERS:
        (left, right), _, _ = f.aligned((a, b))
        return Sql(left.is_not_distinct_from(right), BOOLEAN)
    return Sql(a.element.is_not_distinct_from(b.element), BOOLEAN)


SAME = Function(
    "same",
    (takes("a", *_ANY), takes("b", *_ANY)),
    BOOLEAN,
    operator.eq,
    lambda a, b: a.is_not_distinct_from(b),
    _sqlite_same,
    strict=False,
)


def _itself(value: Any) -> Any:
    return value


RETYPE = Function(
    "retype", (takes("a", *_ANY),), DECIMAL, _itself, _itself, _itself
)


def rank_of(choices: tuple[str, ...]) -> Function:
    """The function from a key of an ordered choice to its place in the order."""
    ranks = MappingProxyType({key: rank for rank, key in enumerate(choices)})

    def case(element: Element) -> Element:
        whens = [
            (element == sa.literal(key), sa.literal_column(str(rank), _INTEGER))
            for key, rank in ranks.items()
        ]
        return sa.cast(sa.case(*whens), _INTEGER)

    return Function(
        "rank",
        (takes("a", Kind.CHOICE),),
        INTEGER,
        ranks.get,
        case,
        lambda a: Sql(case(a.element), INTEGER, 0, len(choices)),
    )
