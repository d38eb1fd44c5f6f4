"""Looks for stored records that may stand for the same thing as a record or a draft.

Called by drafts, by the step `check_duplicates` and by the pages. Only records that the
actor may read are found, by fields that he may read: who is told of a duplicate learns
nothing that a search would not show him.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import Compared, CompiledEntity, CompiledMatch, fold_name
from core.compiler.duplicates import phone_tail
from core.expressions import Record, contains_folded, fold, search_index
from core.services.duplicates.alike import (
    agree,
    crumbs,
    keys_of,
    pieces,
    values_of,
)
from core.services.duplicates.apart import others_apart
from core.services.lookup import second_lines
from core.services.plan import Planner
from core.services.request import Query, Suspect
from core.services.scene import Scene
from core.services.titles import titles

#: Of so many candidates per match the likeness is worked out.
_CANDIDATES = 200
#: A record with more numbers than this is compared by the first ones.
_VALUES = 50
Conditions = list[sa.ColumnElement[bool]]


def similar(
    scene: Scene, entity: CompiledEntity, record: Record, limit: int = 5
) -> tuple[Suspect, ...]:
    """Return the records most like this one, the likest first.

    The record holds the values of all fields and the rows of its lines; its own stored
    state is never among the found.
    """
    rules = entity.duplicates
    if rules is None or not scene.access.can(entity.id, "read"):
        return ()
    if rules.where is not None:
        scene.loader.fill(entity.id, [record], rules.where.reads.this)
        env = scene.env(rules.where.reads, this=record)
        if rules.where.run(env) is not True:
            return ()
    apart = others_apart(scene, entity.id, record.id)
    found: dict[int, tuple[int, list[str]]] = {}
    for match in readable_matches(scene, entity):
        for id_, score in _found(scene, entity, match, record):
            if id_ in apart:
                continue
            best, why = found.get(id_, (0, []))
            names = [part.path[0] for part in match.parts]
            found[id_] = max(best, score), list(dict.fromkeys([*why, *names]))
    order = sorted(found, key=lambda id_: (-found[id_][0], -id_))[:limit]
    shown = titles(scene, entity.id, order)
    second = second_lines(scene, entity.id, order)
    return tuple(
        Suspect(
            id_,
            shown.get(id_, str(id_)),
            second.get(id_),
            found[id_][0],
            tuple(found[id_][1]),
        )
        for id_ in order
    )


def similar_to(scene: Scene, entity: str, id_: int) -> tuple[Suspect, ...]:
    """The same for a stored record; nothing if there is none of this id."""
    compiled = scene.runtime.compiled.entity(entity)
    rules = compiled.duplicates
    if rules is None:
        return ()
    paths = [part.path for match in rules.matches for part in match.parts]
    record = scene.loader.load(entity, [id_], paths).get(id_)
    return () if record is None else similar(scene, compiled, record)


def readable_matches(scene: Scene, entity: CompiledEntity) -> Iterator[CompiledMatch]:
    """The matches that compare only what the actor may read of every record."""
    rules = entity.duplicates
    for match in () if rules is None else rules.matches:
        if all(_may_read(scene, entity, part.path) for part in match.parts):
            yield match


def _may_read(scene: Scene, entity: CompiledEntity, path: Sequence[str]) -> bool:
    at = entity
    for step in path:
        rights = scene.access.of(at.id)
        if step not in rights.readable or step in rights.read_conditions:
            return False
        if step in at.lines:
            at = scene.runtime.compiled.entity(at.lines[step].child)
    return True


def taking_part(planner: Planner) -> Conditions:
    """The rows that the actor may read and that are compared at all."""
    parts = planner.where(Query(), "read", ())
    rules = planner.compiled.duplicates
    where = None if rules is None else rules.where
    if where is not None and where.typed is not None:
        compiled = planner.runtime.compiled
        parts.append(planner.around.condition(where.typed, planner.row, compiled))
    return parts


def _found(
    scene: Scene, entity: CompiledEntity, match: CompiledMatch, record: Record
) -> Iterator[tuple[int, int]]:
    """(id, likeness) of the stored records that agree with this one by a match."""
    planner = Planner(scene.runtime, scene.access, entity.id, scene.around)
    conditions: Conditions = []
    order: list[Any] = []
    for part in match.parts:
        values = values_of(record, part.path)[:_VALUES]
        condition = _like(scene, entity, part, values, match.score)
        if condition is None:
            return
        conditions.append(condition)
        if part.way == "fuzzy":
            order += [_nearness(scene, entity, part, str(one)) for one in values[:1]]
    if record.id is not None:
        conditions.append(planner.row.c.id != record.id)
    statement = (
        sa.select(planner.row.c.id)
        .where(*taking_part(planner), *conditions)
        .order_by(*(one.desc() for one in order), planner.row.c.id.desc())
        .limit(_CANDIDATES)
    )
    with scene.limited():
        ids = list(scene.connection.scalars(statement, scene.parameters))
    paths = [part.path for part in match.parts]
    for id_, other in scene.loader.load(entity.id, ids, paths).items():
        score = agree(match, record, other)
        if score is not None:
            yield id_, score


def _like(
    scene: Scene,
    entity: CompiledEntity,
    part: Compared,
    values: Sequence[Any],
    score: int,
) -> sa.ColumnElement[bool] | None:
    """What lets the index find rows that may agree; None: there is nothing to find."""
    if len(part.path) == 1:
        return _condition(scene, entity.table, part, values, score)
    lines = entity.lines[part.path[0]]
    child = scene.runtime.compiled.tables[lines.child].alias()
    condition = _condition(scene, child, part, values, score)
    if condition is None:
        return None
    rows = sa.select(child.c[lines.back]).where(condition)
    if lines.where is not None and lines.where.typed is not None:
        compiled = scene.runtime.compiled
        rows = rows.where(scene.around.condition(lines.where.typed, child, compiled))
    return entity.table.c.id.in_(rows)


def _condition(
    scene: Scene,
    row: sa.FromClause,
    part: Compared,
    values: Sequence[Any],
    score: int,
) -> sa.ColumnElement[bool] | None:
    dialect, name = scene.runtime.compiled.dialect, part.path[-1]
    if part.way == "fuzzy":
        ways = [_contains(row, name, str(one), score, dialect) for one in values]
        return sa.or_(*ways) if ways else None
    keys = sorted(keys_of(part, values), key=str)
    if not keys:
        return None
    if part.way == "phone":
        return phone_tail(row.c[name], dialect).in_(keys)
    return row.c[fold_name(name) if part.folded else name].in_(keys)


def _contains(
    row: sa.FromClause, name: str, text: str, score: int, dialect: str
) -> sa.ColumnElement[bool]:
    key = fold_name(name)
    wanted = pieces(text, score)
    if not wanted:
        return row.c[key] == fold(text)
    ways = []
    for piece in wanted:
        one = sa.literal(piece, sa.String)
        found = list(search_index(row, [key], [one], dialect))
        ways.append(sa.and_(*found, contains_folded(row, [key], one, dialect)))
    return sa.or_(*ways)


def _nearness(
    scene: Scene, entity: CompiledEntity, part: Compared, text: str
) -> sa.ColumnElement[Any]:
    """How many groups of letters a row shares with the text: the likest come first."""
    key, dialect = fold_name(part.path[-1]), scene.runtime.compiled.dialect
    if len(part.path) > 1:
        return sa.literal(0)
    total: sa.ColumnElement[Any] = sa.literal(0)
    for crumb in crumbs(text):
        one = sa.literal(crumb, sa.String)
        here = contains_folded(entity.table, [key], one, dialect)
        total = total + sa.case((here, 1), else_=0)
    return total
