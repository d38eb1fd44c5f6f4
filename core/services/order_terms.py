"""The column that one term of an order compares: own field, title of a link, or path.

Called by core.services.plan. Rows that the actor may not read count as empty, so that
an order tells nothing about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.services.errors import BadQuery
from core.services.readable import PSEUDO

if TYPE_CHECKING:
    from core.services.plan import Path, Planner

USER_LINKS = frozenset({"created_by", "updated_by"})


def target_of(compiled: CompiledEntity, link: str) -> str | None:
    """The entity behind a link, the stamps of the user included."""
    field = compiled.fields.get(link)
    if field is not None:
        return field.targets[0] if field.kind == "link" else None
    return "base.user" if link in USER_LINKS else None


def order_column(planner: Planner, steps: Path) -> sa.ColumnElement[Any]:
    """The value to order by, for a path of one or more steps."""
    if len(steps) == 1:
        _require_readable(planner, steps[0])
        return _value(planner, planner.compiled, planner.row, steps[0])
    compiled, row = planner.compiled, planner.row
    tables: list[sa.FromClause] = []
    conditions: list[sa.ColumnElement[bool]] = []
    for step in steps[:-1]:
        target = target_of(compiled, step)
        if target is None:
            raise planner.unknown(".".join(steps), "order")
        compiled = planner.runtime.compiled.entity(target)
        following = compiled.table.alias()
        conditions.append(following.c.id == row.c[step])
        conditions.extend(_allowed(planner, target, following))
        tables.append(following)
        row = following
    value = _value(planner, compiled, row, steps[-1])
    found = sa.select(value).select_from(*tables).where(*conditions)
    return found.correlate(planner.row).scalar_subquery()


def may_order(planner: Planner, term: str) -> bool:
    """Whether the actor may read what a term of an order begins with."""
    name = term.lstrip("-+").split(".")[0]
    if name in PSEUDO or (name == "position" and planner.compiled.owner is not None):
        return True
    rights = planner.access.of(planner.compiled.id)
    open_ones = rights.readable - set(rights.read_conditions)
    return name in planner.compiled.fields and name in open_ones


def _require_readable(planner: Planner, name: str) -> None:
    if not may_order(planner, name):
        raise planner.unknown(name, "order")


def _value(
    planner: Planner, compiled: CompiledEntity, row: sa.FromClause, name: str
) -> sa.ColumnElement[Any]:
    field = compiled.fields.get(name)
    if field is not None and name in compiled.virtuals:
        formula = compiled.virtuals[name]
        if formula.sql is not None:
            binding = planner.around.binding(row, planner.runtime.compiled)
            return formula.sql(binding)
        raise _unsortable(name)
    target = target_of(compiled, name)
    if target is not None:
        return _title(planner, target, row.c[name])
    if field is not None and (not field.type.sortable or not field.columns):
        raise _unsortable(name)
    folded = row.c.get(f"{name}__fold")
    value: sa.ColumnElement[Any] = row.c[name] if folded is None else folded
    return value


def _title(
    planner: Planner, target: str, link: sa.ColumnElement[Any]
) -> sa.ColumnElement[Any]:
    other = planner.runtime.compiled.entity(target)
    row = other.table.alias()
    title = other.title_sql(planner.around.binding(row, planner.runtime.compiled))
    found = sa.select(title).where(row.c.id == link, *_allowed(planner, target, row))
    return found.scalar_subquery()


def _allowed(
    planner: Planner, entity: str, row: sa.FromClause
) -> list[sa.ColumnElement[bool]]:
    if planner.unfiltered:
        return []
    allowed = planner.access.condition(entity, "read", row, planner.around)
    return [] if allowed is None else [allowed]


def _unsortable(name: str) -> BadQuery:
    return BadQuery(
        f"A list cannot be ordered by '{name}'.", parameter="order", name=name
    )
