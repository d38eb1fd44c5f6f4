"""The operators of the language as functions, one for each pair of operand kinds.

The type checker picks one; their SQL bodies keep SQLite's numbers exact by carrying
scale and bound along. Those on times stand in `operators_time`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from core.expressions import exact
from core.expressions import sqlforms as f
from core.expressions.function import Function, takes
from core.expressions.sqlforms import Element, Sql
from core.expressions.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    Kind,
)


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
                element = f.infix(symbol, left, right, sa.BigInteger())
                return Sql(element, DECIMAL, scale, sum(limits))
        return _exact_call(name, a, b)

    return body


def _sqlite_product(a: Sql, b: Sql) -> Sql:
    limit = a.limit * b.limit
    if a.scale is None or b.scale is None or limit > f.INTEGER_BOUND:
        return _exact_call("x_multiply", a, b)
    element = f.infix("*", a.element, b.element, sa.BigInteger())
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
    lambda a, b: f.infix("+", _numeric(a), _numeric(b), sa.Numeric()),
    _sqlite_sum("x_add", "+"),
)
SUBTRACT = Function(
    "subtract",
    _PAIR,
    DECIMAL,
    exact.subtract,
    lambda a, b: f.infix("-", _numeric(a), _numeric(b), sa.Numeric()),
    _sqlite_sum("x_subtract", "-"),
)
MULTIPLY = Function(
    "multiply",
    _PAIR,
    DECIMAL,
    exact.multiply,
    lambda a, b: f.infix("*", _numeric(a), _numeric(b), sa.Numeric()),
    _sqlite_product,
)
DIVIDE = Function(
    "divide",
    _PAIR,
    DECIMAL,
    exact.divide,
    lambda a, b: sa.func.x_divide(_numeric(a), _numeric(b), type_=sa.Numeric()),
    roomy=lambda *args: exact.ROOMY.divide(*args),
)
MODULO = Function(
    "modulo",
    (takes("a", Kind.INTEGER), takes("b", Kind.INTEGER)),
    INTEGER,
    exact.modulo,
    lambda a, b: f.infix(
        "%",
        _numeric(a),
        sa.func.nullif(_numeric(b), sa.literal_column("0")),
        sa.Numeric(),
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


NUMBER_OPERATORS: Mapping[str, Function] = MappingProxyType(
    {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "%": MODULO}
)


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
            if scale is None:
                # A COLLATE would reach beyond this comparison.
                order: Element = sa.func.x_compare(left, right, type_=sa.Integer())
                zero = sa.literal_column("0", sa.Integer())
                return Sql(f.grouped(compare(order, zero)), BOOLEAN)
        else:
            left, right = a.element, b.element
        return Sql(f.grouped(compare(f.grouped(left), f.grouped(right))), BOOLEAN)

    return body


_INTEGER = sa.BigInteger()
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


RETYPE = Function("retype", (takes("a", *_ANY),), DECIMAL, _itself, _itself, _itself)


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
