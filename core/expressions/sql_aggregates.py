"""What the database's own aggregate functions make of an item, without a query around.

Called by `sql_lists` inside a subquery per list, and by `measures` beside GROUP BY; on
SQLite every number stays exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.expressions import sqlforms as f
from core.expressions.sqlforms import Element, Sql
from core.expressions.tree import Aggregate
from core.expressions.types import NUMERIC, Kind

if TYPE_CHECKING:
    from core.expressions.to_sql import SqlCompiler

_BIG = sa.BigInteger()
Make = Callable[["SqlCompiler", Aggregate, Sql], Sql]


def over_rows(scope: SqlCompiler, node: Aggregate, item: Sql) -> Sql:
    """The aggregate over the items of the rows around; its name is in OVER_ROWS."""
    return OVER_ROWS[node.name](scope, node, item)


def _sum(scope: SqlCompiler, node: Aggregate, item: Sql) -> Sql:
    zero = sa.literal_column("0", _BIG)
    if scope.postgres:
        kept = _BIG if node.type.kind is Kind.DURATION else sa.Numeric()
        total = sa.func.coalesce(sa.func.sum(item.element), zero)
        return Sql(sa.cast(total, kept), node.type)
    if item.scale is None and node.type.kind in NUMERIC:
        # Over no rows SQLite does not call the aggregate at all.
        exact_total = sa.func.coalesce(
            sa.func.x_sum(item.element),
            sa.literal_column("'0'"),
            type_=sa.String(),
        )
        return Sql(exact_total, node.type)
    if node.type.kind in NUMERIC and item.limit > f.SUM_PART:
        return _sum_in_parts(node, item)
    total = sa.func.coalesce(sa.func.sum(item.element, type_=_BIG), zero)
    return Sql(total, node.type, item.scale)


def _sum_in_parts(node: Aggregate, item: Sql) -> Sql:
    """A sum on SQLite that may leave 63 bits: high and low digits apart."""
    scale: Element = sa.literal_column(str(item.scale or 0))
    total = sa.func.x_parts(*_parts(item), scale, type_=sa.String())
    return Sql(total, node.type)


def _parts(item: Sql) -> list[Element]:
    part = sa.literal_column(str(f.SUM_PART), _BIG)
    return [
        sa.func.coalesce(
            sa.func.sum(f.grouped(item.element).op(sign)(part), type_=_BIG),
            sa.literal_column("0", _BIG),
        )
        for sign in ("/", "%")
    ]


def _mean(scope: SqlCompiler, node: Aggregate, item: Sql) -> Sql:
    if scope.postgres:
        mean = sa.func.x_divide(
            sa.cast(sa.func.sum(item.element), sa.Numeric()),
            sa.cast(sa.func.count(item.element), sa.Numeric()),
            type_=sa.Numeric(),
        )
    elif item.scale is None:
        mean = sa.func.x_mean(f.exact_text(item), type_=sa.String())
    else:
        # Added up by SQLite itself; Python divides once.
        scale: Element = sa.literal_column(str(item.scale))
        count = sa.func.count(item.element)
        parts = (*_parts(item), scale, count)
        mean = sa.func.x_mean_parts(*parts, type_=sa.String())
    return Sql(mean, node.type)


def _extreme(scope: SqlCompiler, node: Aggregate, item: Sql) -> Sql:
    element = item.element
    if scope.postgres and isinstance(element.type, sa.String):
        element = sa.collate(element, "C")
    elif not scope.postgres and node.type.kind in NUMERIC:
        element = f.sortable(element, item.scale)
    call = getattr(sa.func, node.name)(element, type_=item.element.type)
    return replace(item, element=call)


def _count(scope: SqlCompiler, node: Aggregate, item: Sql) -> Sql:
    element = item.element
    if node.name == "count_distinct":
        element = sa.distinct(element)
    return Sql(sa.func.count(element), node.type, 0, 10**15)


OVER_ROWS: Mapping[str, Make] = MappingProxyType(
    {
        "sum": _sum,
        "avg": _mean,
        "min": _extreme,
        "max": _extreme,
        "count": _count,
        "count_distinct": _count,
    }
)
