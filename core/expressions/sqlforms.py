"""Values on their way through SQL, with what SQLite's integers need to stay exact.

The SQL back end and the functions' SQL bodies hand these around. On SQLite a number is
an integer that counts 10^-scale, with a proven bound, or canonical text where no bound
below 2^63 can be proven; on PostgreSQL it is NUMERIC or BIGINT as it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping, UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import custom_op

from core.expressions.storage_types import DECIMAL_COLLATION
from core.expressions.types import Type
from core.frozen import frozen

INTEGER_BOUND = 2**63 - 1
# Sums of larger numbers are added up in two parts, so that no row count overflows.
SUM_PART = 10**9
Element = sa.ColumnElement[Any]
_ATOMS = (
    sa.BindParameter,
    sa.Column,
    sa.ScalarSelect,
    sa.Cast,
    sa.Case,
    sa.Null,
    Grouping,
    FunctionElement,
)


@frozen
class Sql:
    """One SQL expression; `scale` and `limit` only for numbers on SQLite.

    `scale` None: exact text. `limit`: the largest absolute value of the integer.
    """

    element: Element
    type: Type
    scale: int | None = None
    limit: int = INTEGER_BOUND


def exact_text(sql: Sql) -> Element:
    """The number as canonical text (SQLite)."""
    if sql.scale is None:
        return sql.element
    return sa.func.x_exact(
        sql.element, sa.literal_column(str(sql.scale)), type_=sa.String()
    )


def rescaled(sql: Sql, scale: int) -> Element:
    """The integer of a number with a larger scale; the bound must have been checked."""
    assert sql.scale is not None
    by = scale - sql.scale
    if by == 0:
        return sql.element
    if isinstance(sql.element, sa.BindParameter) and isinstance(sql.element.value, int):
        return sa.literal(sql.element.value * 10**by, sa.BigInteger())
    factor: Element = sa.literal_column(str(10**by), sa.BigInteger())
    product = grouped(sql.element).op("*", return_type=sa.BigInteger())(factor)
    return grouped(product)


def grouped(element: Element) -> Element:
    """The element in parentheses, unless it needs none."""
    return element if isinstance(element, _ATOMS) else Grouping(element)


def infix(symbol: str, a: Element, b: Element, result: Any) -> Element:
    """An operator between two elements, all in parentheses, with the result's type."""
    joined = grouped(a).op(symbol, return_type=result)(grouped(b))
    return grouped(joined)


def enclosed(element: Element) -> Element:
    """The element in parentheses in any case."""
    return Grouping(element)


def negated(element: Element) -> Element:
    """Minus the element; the space keeps two signs from opening a comment."""
    minus = UnaryExpression(
        grouped(element), operator=custom_op("- "), type_=element.type
    )
    return grouped(minus)


def common_scale(numbers: Sequence[Sql]) -> tuple[int, int] | None:
    """The scale all can be brought to and the bound there; None: not within 63 bits."""
    scales = [n.scale for n in numbers]
    if any(scale is None for scale in scales):
        return None
    scale = max(s for s in scales if s is not None)
    limit = max(n.limit * 10 ** (scale - (n.scale or 0)) for n in numbers)
    return None if limit > INTEGER_BOUND else (scale, limit)


def aligned(numbers: Sequence[Sql]) -> tuple[list[Element], int | None, int]:
    """All in one form: their elements, the scale (None: exact text) and the bound."""
    common = common_scale(numbers)
    if common is None:
        return [exact_text(n) for n in numbers], None, INTEGER_BOUND
    scale, limit = common
    return [rescaled(n, scale) for n in numbers], scale, limit


def sortable(element: Element, scale: int | None) -> Element:
    """The element in a form that SQLite orders by value."""
    if scale is not None:
        return element
    return sa.collate(sa.type_coerce(element, sa.String()), DECIMAL_COLLATION)
