"""The default order of an entity as columns; nulls are smallest on both databases."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity


def placed(column: sa.ColumnElement[Any], descending: bool) -> sa.ColumnElement[Any]:
    """The column as an ORDER BY term in which nulls count as smallest."""
    return column.desc().nulls_last() if descending else column.asc().nulls_first()


def order_columns(compiled: CompiledEntity) -> list[sa.ColumnElement[Any]]:
    """The ORDER BY terms of the entity's own order, ended by the id."""
    terms: list[sa.ColumnElement[Any]] = []
    descending = False
    for name in compiled.order:
        descending = name.startswith("-")
        terms.append(placed(compiled.table.c[name.lstrip("-")], descending))
    if "id" not in {name.lstrip("-") for name in compiled.order}:
        key = compiled.table.c.id
        terms.append(key.desc() if descending else key.asc())
    return terms
