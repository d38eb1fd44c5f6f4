"""Totals: figures over all rows of a query, by groups, in one pass of the database.

Asked by boards, dashboards, lists and charts; rows and fields are those
that the actor may read, as in the list behind the figures. Amounts in different
currencies or units are never added up: each stands apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.expressions import (
    CannotTranslate,
    Typed,
    measure_path,
    measure_sql,
    to_sql,
)
from core.expressions.types import Kind
from core.frozen import frozen
from core.services.errors import BadQuery
from core.services.filters import user_dimension, user_measure
from core.services.plan import Planner
from core.services.request import Query
from core.services.scene import Scene
from core.services.words import Word, words_of

#: More groups than this are not sent; the answer says that there are more.
MOST_GROUPS = 2000


@frozen
class Totals:
    """Which figures: `values` are measures over `rows`, `by` expressions of a row.

    Of the query, filter, named filters, search and the archive count.
    """

    query: Query = dataclasses.field(default_factory=Query)
    by: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@frozen
class Amount:
    """One figure; `unit` is the id of its currency or unit, None without one."""

    value: Any
    unit: int | None = None


@frozen
class Group:
    """The rows that share their keys: how many, and per measure one amount per unit."""

    keys: tuple[Any, ...]
    count: int
    values: tuple[tuple[Amount, ...], ...]


@frozen
class Figure:
    """What sort of value a measure yields.

    `entity` is that of its currency or unit; `code` the one that the definition names
    by itself. Both are empty for plain numbers.
    """

    kind: Kind
    entity: str = ""
    code: str = ""


@frozen
class TotalsFound:
    """Groups in the order of their keys, empty ones first; a figure per measure."""

    groups: tuple[Group, ...]
    figures: tuple[Figure, ...]
    more: bool = False


@frozen
class _Statement:
    """One SELECT: the measures that share the path to their unit."""

    select: sa.Select[Any]
    places: tuple[int, ...]
    has_unit: bool


def totals_of(scene: Scene, entity: str, asked: Totals) -> TotalsFound:
    """Return the figures; BadQuery for what is not understood or may not be read."""
    scene.access.require(entity, "read")
    words, parts = words_of(asked.query.search)
    query = asked.query
    key = (
        "totals",
        entity,
        scene.rights_key,
        query.filter,
        query.named,
        query.archived,
        words,
        asked.by,
        asked.values,
    )
    plan: tuple[list[_Statement], tuple[Figure, ...]] = scene.runtime.plans.get(
        key, lambda: _planned(scene, entity, asked, words)
    )
    statements, figures = plan
    parameters = {**scene.parameters, **parts}
    found: dict[tuple[Any, ...], Group] = {}
    more = False
    for number, statement in enumerate(statements):
        with scene.limited():
            rows = scene.connection.execute(statement.select, parameters).all()
        more = more or len(rows) > MOST_GROUPS
        for row in rows[:MOST_GROUPS]:
            _take(found, row, asked, statement, first=number == 0)
    if not asked.by and not found:
        found[()] = Group((), 0, tuple(() for _ in asked.values))
    ordered = sorted(found.values(), key=lambda group: _sortable(group.keys))
    return TotalsFound(tuple(ordered), figures, more)


def _planned(
    scene: Scene, entity: str, asked: Totals, words: tuple[Word, ...]
) -> tuple[list[_Statement], tuple[Figure, ...]]:
    planner = Planner(scene.runtime, scene.access, entity, scene.around)
    dimension = _Columns(planner, scene)
    keys = [dimension.of(text) for text in asked.by]
    measures = [
        user_measure(scene.runtime, scene.access, entity, text) for text in asked.values
    ]
    paths = [measure_path(typed) for typed in measures]
    where = planner.where(asked.query, "read", words)
    statements = []
    # Plain figures and counts come with the first statement if nothing else does.
    for path in dict.fromkeys(paths) if paths else (None,):
        places = tuple(n for n, one in enumerate(paths) if one == path)
        parts = [*keys, *([] if path is None else [dimension.of(".".join(path))])]
        columns = [measure_of(planner, scene, measures[n]) for n in places]
        select = sa.select(*parts, sa.func.count(), *columns)
        select = select.select_from(planner.row).where(*where)
        if parts:
            # By position: a bound value inside a key is another one in each place.
            positions: list[Any] = [
                sa.literal_column(str(n + 1)) for n in range(len(parts))
            ]
            select = select.group_by(*positions)
        statements.append(
            _Statement(select.limit(MOST_GROUPS + 1), places, path is not None)
        )
    figures = tuple(_figure(planner, typed) for typed in measures)
    return statements, figures


@frozen
class _Columns:
    """Makes the columns of groups over the row of a statement."""

    planner: Planner
    scene: Scene

    def of(self, text: str) -> sa.ColumnElement[Any]:
        """The value of an expression of the row."""
        planner, scene = self.planner, self.scene
        entity = planner.compiled.id
        typed = user_dimension(scene.runtime, scene.access, entity, text)
        return _translated(
            text,
            lambda: to_sql(
                typed,
                planner.around.user_binding(planner.row, planner.access),
                scene.runtime.compiled.dialect,
            ),
        )


def measure_of(planner: Planner, scene: Scene, typed: Typed) -> sa.ColumnElement[Any]:
    """The column of a measure; BadQuery where it has no form in SQL."""
    return _translated(
        typed.text,
        lambda: measure_sql(
            typed,
            planner.around.user_binding(planner.row, planner.access),
            scene.runtime.compiled.dialect,
            planner.row,
        ),
    )


def _translated(text: str, make: Any) -> sa.ColumnElement[Any]:
    try:
        made: sa.ColumnElement[Any] = make()
    except CannotTranslate as error:
        raise BadQuery(
            f"'{text}' cannot be worked out here: {error}.", parameter="values"
        ) from error
    return made


def _figure(planner: Planner, typed: Typed) -> Figure:
    path = measure_path(typed)
    fixed = typed.type.currency or typed.type.unit
    if path is None:
        return Figure(typed.type.kind, code=fixed if isinstance(fixed, str) else "")
    here = planner.compiled
    for step in path:
        here = planner.runtime.compiled.entity(here.fields[step].targets[0])
    return Figure(typed.type.kind, entity=here.id)


def _take(
    found: dict[tuple[Any, ...], Group],
    row: Sequence[Any],
    asked: Totals,
    statement: _Statement,
    first: bool,
) -> None:
    width = len(asked.by)
    keys = tuple(row[:width])
    unit = row[width] if statement.has_unit else None
    counted, *values = row[width + statement.has_unit :]
    if not counted and statement.has_unit:
        return
    before = found.get(keys) or Group(keys, 0, tuple(() for _ in asked.values))
    amounts = list(before.values)
    for place, value in zip(statement.places, values, strict=True):
        if value is not None:
            amounts[place] = (*amounts[place], Amount(value, unit))
    count = before.count + (counted if first else 0)
    found[keys] = Group(keys, count, tuple(amounts))


def _sortable(keys: tuple[Any, ...]) -> tuple[tuple[bool, Any], ...]:
    return tuple((key is not None, 0 if key is None else _ordered(key)) for key in keys)


def _ordered(key: Any) -> Any:
    """Refs are compared as texts; all other keys of a column are of one type."""
    from core.expressions import Ref

    return f"{key.entity}:{key.id:020}" if isinstance(key, Ref) else key
