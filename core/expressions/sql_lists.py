"""Lists in the SQL back end: correlated subqueries over joined sources.

Called by `to_sql` for aggregates and `in`; the order of `first`, `last` and `join` is
the default order of the sources, nulls smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.expressions import sql_values as values
from core.expressions import sqlforms as f
from core.expressions.function import Bridge, Function
from core.expressions.sql_aggregates import OVER_ROWS, over_rows
from core.expressions.sql_sources import Joined, join
from core.expressions.sqlforms import Element, Sql
from core.expressions.tree import (
    Aggregate,
    Among,
    Call,
    Identity,
    Node,
    Read,
    Variable,
)
from core.expressions.types import BOOLEAN

if TYPE_CHECKING:
    from core.expressions.to_sql import SqlCompiler


def among(scope: SqlCompiler, node: Among, equal: Function) -> Sql:
    """`x in list`: unknown only if x is."""
    needle = scope.compile(node.needle)
    joined = join(scope, node.select)
    item = joined.scope.compile(node.select.item)
    if scope.postgres or equal.sqlite is Bridge.PYTHON:
        assert equal.postgres is not None
        test = equal.postgres(item.element, needle.element)
    else:
        test = equal.sqlite(item, needle).element
    found = _exists(scope, joined, test)
    known = f.grouped(needle.element).is_not(sa.null())
    return Sql(sa.case((known, found), else_=_unknown(scope)), BOOLEAN)


def _unknown(scope: SqlCompiler) -> Element:
    return values.null(BOOLEAN, scope.dialect).element


def _exists(scope: SqlCompiler, joined: Joined, test: Element) -> Element:
    query = joined.select(sa.literal_column("1")).where(test)
    around = scope.around()
    query = query.correlate(*around) if around else query
    return query.exists()


def aggregate(scope: SqlCompiler, node: Aggregate) -> Sql:
    """Any aggregate as one correlated subquery."""
    joined = join(scope, node.select)
    item = joined.scope.compile(node.select.item)
    loops = {b.variable for b in node.select.binds}
    if node.name in OVER_ROWS and not _reads_loop(node.select.item, loops):
        joined, item = _apart(scope, joined, item)
    return _AGGREGATES[node.name](scope, node, joined, item)


def _reads_loop(node: Node, loops: set[str]) -> bool:
    """Whether a column of the list's own rows surely stands in the item's SQL."""
    match node:
        case Read(of=Variable(name=name)) | Identity(of=Variable(name=name)):
            return name in loops
        case Variable(name=name):
            return name in loops
        case Call(args=args):
            return any(_reads_loop(a, loops) for a in args)
        case _:
            return False


def _apart(scope: SqlCompiler, joined: Joined, item: Sql) -> tuple[Joined, Sql]:
    """The items as a table of their own.

    An aggregate over nothing but outer columns would belong to the outer query.
    """
    query = joined.select(item.element.label("item"))
    around = scope.around()
    rows = (query.correlate(*around) if around else query).subquery()
    element = sa.type_coerce(rows.c.item, item.element.type)
    return Joined(joined.scope, rows), replace(item, element=element)


Make = Callable[["SqlCompiler", Aggregate, Joined, Sql], Sql]


def _over(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    """One value over all items, by an aggregate function of the database."""
    sql = over_rows(scope, node, item)
    return replace(sql, element=scope.subquery(joined.select(sql.element)))


def _picked(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    query = joined.select(item.element).where(f.grouped(item.element).is_not(sa.null()))
    order = joined.ordered(reverse=node.name == "last")
    query = (query.order_by(*order) if order else query).limit(1)
    return replace(item, element=scope.subquery(query))


def _any(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    return Sql(_exists(scope, joined, item.element), BOOLEAN)


def _all(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    broken = _exists(scope, joined, sa.not_(f.grouped(item.element)))
    return Sql(f.grouped(sa.not_(broken)), BOOLEAN)


def _some(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    known = f.grouped(item.element).is_not(sa.null())
    return Sql(_exists(scope, joined, known), BOOLEAN)


def _joined_text(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    separator = scope.element(node.args[0])
    around = scope.around()
    query = joined.select(item.element.label("item"))
    query = query.order_by(*joined.ordered()) if joined.order else query
    rows = (query.correlate(*around) if around else query).subquery()
    name = "string_agg" if scope.postgres else "group_concat"
    filled = sa.func.coalesce(separator, sa.literal_column("''"), type_=sa.String())
    call = getattr(sa.func, name)(rows.c.item, filled, type_=sa.String())
    outer = sa.select(sa.func.nullif(call, sa.literal_column("''"), type_=sa.String()))
    return Sql(scope.subquery(outer.select_from(rows)), node.type)


_AGGREGATES: Mapping[str, Make] = MappingProxyType(
    {
        **dict.fromkeys(OVER_ROWS, _over),
        "first": _picked,
        "last": _picked,
        "any": _any,
        "all": _all,
        "exists": _some,
        "join": _joined_text,
    }
)
