"""The default order of an entity as columns; nulls are smallest on both databases."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity


def placed(column: sa.ColumnElement[Any], descending: bool) -> sa.ColumnElement[Any]:
    """The column as an ORDER BY term in which nulls count as smallest.

    A column without nulls says nothing of them, so that the key's own index serves.
    """
    if getattr(column, "nullable", True) is False:
        return column.desc() if descending else column.asc()
    return column.desc().nulls_last() if descending else column.asc().nulls_first()


def order_columns(compiled: CompiledEntity) -> list[sa.ColumnElement[Any]]:
    """The ORDER BY terms of related rows: the entity's own order, then the id.

    The same as in aggregates of expressions, where the id ascends.
    """
    table = compiled.table
    terms = [placed(table.c[n.lstrip("-")], n.startswith("-")) for n in compiled.order]
    if "id" not in {name.lstrip("-") for name in compiled.order}:
        terms.append(table.c.id.asc())
    return terms
