"""Measures: aggregates over `rows` of one query, for GROUP BY.

`sum(r.amount for r in rows if r.kind == 'item')` becomes one aggregate function over
the row of the statement, so that many groups cost one pass. Called by core.services for
totals; the registry asks `measure_fault` before anything runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.expressions import sql_values as values
from core.expressions import sqlforms as f
from core.expressions.binding import Binding
from core.expressions.errors import CannotTranslate
from core.expressions.sql_aggregates import OVER_ROWS, over_rows
from core.expressions.sqlforms import Element, Sql
from core.expressions.substitution import rewrite, walk
from core.expressions.to_sql import SqlCompiler
from core.expressions.tree import Aggregate, Node, Read, Select, ToMany, Typed, Variable
from core.expressions.types import Path

#: The list that a measure is about.
ROWS = "rows"


def measure_fault(typed: Typed) -> str | None:
    """Why the expression is no measure, as a sentence without its end; None if it is.

    Every read of a row stands inside an aggregate over `rows`, and each aggregate goes
    over `rows` alone.
    """
    found = False
    for node in _outside(typed.tree):
        if isinstance(node, Aggregate):
            found = True
            if not _is_over_rows(node):
                return "a measure goes over 'rows' by sum, avg, min, max or count"
        elif isinstance(node, Read | ToMany | Select):
            return "a measure reads the rows inside sum, avg, min, max or count"
    return None if found else "a measure needs an aggregate over 'rows'"


def measure_path(typed: Typed) -> Path | None:
    """The path from a row to the currency or unit of the result, None for none."""
    type = typed.type
    for path in (type.currency, type.unit):
        if isinstance(path, tuple) and path and path[0] == f"@{ROWS}":
            return path[1:]
    return None


def measure_sql(
    typed: Typed, binding: Binding, dialect: str, row: sa.FromClause
) -> Element:
    """The measure as a column beside GROUP BY over `row`."""
    scope = SqlCompiler(binding, dialect)
    items: dict[str, Sql] = {}

    def change(node: Node) -> Node | None:
        if not isinstance(node, Aggregate):
            return None
        if not _is_over_rows(node):
            raise CannotTranslate("a measure goes over 'rows' alone")
        name = f"#total{len(items)}"
        items[name] = _aggregated(scope, node, row)
        return Variable(node.type, node.extent, name)

    tree = rewrite(typed.tree, change)
    sql = replace(scope, items=items).compile(tree)
    element: Any = sql.element
    if isinstance(element, sa.BindParameter):
        element = f.enclosed(element)
    return sa.type_coerce(element, values.result_type(sql, dialect))


def _aggregated(scope: SqlCompiler, node: Aggregate, row: sa.FromClause) -> Sql:
    (bind,) = node.select.binds
    inner = scope.with_row(bind.variable, row)
    item = inner.compile(node.select.item)
    if node.select.where is not None:
        chosen = sa.case((inner.element(node.select.where), item.element))
        item = replace(item, element=sa.type_coerce(chosen, item.element.type))
    return replace(over_rows(scope, node, item), type=node.type)


def _is_over_rows(node: Aggregate) -> bool:
    binds = node.select.binds
    source = binds[0].source
    alone = len(binds) == 1 and isinstance(source, Variable) and source.name == ROWS
    return alone and node.name in OVER_ROWS


def _outside(node: Node) -> list[Node]:
    """All nodes that stand outside aggregates, the aggregates themselves included."""
    hidden = {
        id(inner)
        for one in walk(node)
        if isinstance(one, Aggregate)
        for inner in walk(one.select)
    }
    return [one for one in walk(node) if id(one) not in hidden]
