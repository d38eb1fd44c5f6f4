"""Statements that find rows which break a condition across rows.

Called by core.services.across, under its lock and after the rows were written. Each
looks at the groups that a save touched only, in a number of statements per batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledAcross, CompiledEntity
from core.expressions import Record
from core.services.loader import chunks
from core.services.scene import Scene

Key = tuple[Any, ...]
#: A group that breaks the condition, and the rows that do, as far as they are known.
Broken = tuple[Key, tuple[int, ...]]
_DEEP = 200


def key_of(rule: CompiledAcross, values: Mapping[str, Any]) -> Key | None:
    """The group that a row belongs to; None: it belongs to none."""
    key = tuple(values.get(name) for name in rule.per)
    # Rows that all companies share are a group of their own.
    key = tuple(
        0 if value is None and name == "company" else value
        for name, value in zip(rule.per, key, strict=True)
    )
    return None if None in key else key


def overlapping(
    scene: Scene, entity: CompiledEntity, rule: CompiledAcross, ids: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Pairs of a changed row and another one whose periods overlap."""
    one, other = entity.table.alias("one"), entity.table.alias("other")
    start, end = rule.period
    begins = _not_after if rule.inclusive else _before
    conditions: list[sa.ColumnElement[bool]] = [
        one.c.id.in_(sa.bindparam("ids", expanding=True)),
        one.c.id != other.c.id,
        *(_key_column(one, n) == _key_column(other, n) for n in rule.per),
        begins(one.c[start], other.c[end]),
        begins(other.c[start], one.c[end]),
        *_where(scene, rule, one),
        *_where(scene, rule, other),
    ]
    if not rule.inclusive:
        # A period without duration meets no other.
        conditions += [_before(row.c[start], row.c[end]) for row in (one, other)]
    statement = sa.select(one.c.id, other.c.id).where(*conditions)
    statement = statement.order_by(one.c.id, other.c.id).limit(500)
    for chunk in chunks(ids):
        parameters = {**scene.parameters, "ids": chunk}
        for row in scene.connection.execute(statement, parameters):
            yield row[0], row[1]


def _before(start: Any, end: Any) -> sa.ColumnElement[bool]:
    """A row without a start has no period; one without an end lasts for ever."""
    return sa.and_(start.is_not(None), sa.or_(end.is_(None), start < end))


def _not_after(start: Any, end: Any) -> sa.ColumnElement[bool]:
    return sa.and_(start.is_not(None), sa.or_(end.is_(None), start <= end))


def wrong_number(
    scene: Scene, entity: CompiledEntity, rule: CompiledAcross, keys: Iterable[Key]
) -> list[Broken]:
    """Groups in which the test is true for too many rows, or for none."""
    assert rule.test is not None
    assert rule.test.typed is not None
    table = entity.table
    compiled = scene.runtime.compiled
    test = scene.around.condition(rule.test.typed, table, compiled)
    hits = sa.func.sum(sa.case((test, 1), else_=0))
    columns = [_key_column(table, name) for name in rule.per]
    wrong = hits > 1 if rule.kind == "at_most_one" else hits != 1
    found: list[Broken] = []
    for part in _groups(scene, table, rule, keys):
        statement = sa.select(*columns, hits).where(*part, *_where(scene, rule, table))
        statement = statement.group_by(*columns).having(wrong)
        bad = [tuple(row[:-1]) for row in _run(scene, statement)]
        for key in bad[:20]:
            match = [c == v for c, v in zip(columns, key, strict=True)]
            ids = sa.select(table.c.id).where(*match, test, *_where(scene, rule, table))
            rows = _run(scene, ids.order_by(table.c.id).limit(20))
            found.append((key, tuple(row[0] for row in rows)))
        found.extend((key, ()) for key in bad[20:])
    return found


def gaps(
    scene: Scene, entity: CompiledEntity, rule: CompiledAcross, keys: Iterable[Key]
) -> list[Broken]:
    """Groups in which a day between two rows belongs to none."""
    table = entity.table
    start, end = rule.period
    columns = [_key_column(table, name) for name in rule.per]
    found: list[Broken] = []
    for part in _groups(scene, table, rule, keys):
        statement = sa.select(table.c.id, table.c[start], table.c[end], *columns)
        statement = statement.where(*part).order_by(*columns, table.c[start])
        last: dict[Key, Any] = {}
        for row in _run(scene, statement):
            key = tuple(row[3:])
            if key in last:
                id_, until = last[key]
                if until is not None and row[1] != until + timedelta(days=1):
                    found.append((key, (id_, row[0])))
            last[key] = (row[0], row[2])
    return found


def failing_groups(
    scene: Scene, entity: CompiledEntity, rule: CompiledAcross, keys: Iterable[Key]
) -> list[Broken]:
    """Groups of rows for which the check over all of them is false."""
    assert rule.test is not None
    paths = rule.test.reads.of.get("rows", frozenset())
    found: list[Broken] = []
    for part in _groups(scene, entity.table, rule, keys):
        groups: dict[Key, list[Record]] = {}
        condition = sa.and_(*part, *_where(scene, rule, entity.table))
        for record in scene.loader.where(entity.id, condition, paths):
            key = key_of(rule, record.values)
            if key is not None:
                groups.setdefault(key, []).append(record)
        for key, rows in groups.items():
            env = scene.env(rule.test.reads, names={"rows": tuple(rows)})
            if rule.test.run(env) is False:
                found.append((key, tuple(row.id or 0 for row in rows[:20])))
    return found


def circles(
    scene: Scene, entity: CompiledEntity, rule: CompiledAcross, ids: Sequence[int]
) -> list[tuple[int, int]]:
    """Records from which the path leads back to them, one statement per level."""
    ways: dict[int, set[int]] = {}
    level, seen = set(ids), set(ids)
    for _ in range(_DEEP):
        if not level:
            break
        for source, target in _targets(scene, entity, rule, sorted(level)):
            ways.setdefault(source, set()).add(target)
        level = {to for one in level for to in ways.get(one, ())} - seen
        seen |= level
    return [(one, one) for one in ids if level or _comes_back(ways, one)]


def _comes_back(ways: Mapping[int, set[int]], start: int) -> bool:
    waiting, seen = list(ways.get(start, ())), set()
    while waiting:
        one = waiting.pop()
        if one == start:
            return True
        if one not in seen:
            seen.add(one)
            waiting.extend(ways.get(one, ()))
    return False


def _targets(
    scene: Scene, entity: CompiledEntity, rule: CompiledAcross, ids: Sequence[int]
) -> Iterator[tuple[int, int]]:
    first = rule.path[0]
    table, source, target = entity.table, "id", first
    if first in entity.lines:
        lines = entity.lines[first]
        table = scene.runtime.compiled.entity(lines.child).table
        source, target = lines.back, rule.path[1]
    for chunk in chunks(ids):
        statement = sa.select(table.c[source], table.c[target]).where(
            table.c[source].in_(chunk), table.c[target].is_not(None)
        )
        for row in scene.connection.execute(statement):
            yield row[0], row[1]


# -- groups -------------------------------------------------------------------------


def _key_column(table: Any, name: str) -> Any:
    column = table.c[name]
    return sa.func.coalesce(column, 0) if name == "company" else column


def _groups(
    scene: Scene, table: Any, rule: CompiledAcross, keys: Iterable[Key]
) -> Iterator[list[sa.ColumnElement[bool]]]:
    """Conditions that hold the rows of these groups, in pieces."""
    wanted = list(keys)
    columns = [_key_column(table, name) for name in rule.per]
    if not columns:
        if wanted:
            yield []
        return
    for begin in range(0, len(wanted), 500):
        part = wanted[begin : begin + 500]
        if len(columns) == 1:
            yield [columns[0].in_([key[0] for key in part])]
        else:
            yield [sa.tuple_(*columns).in_(part)]


def _where(
    scene: Scene, rule: CompiledAcross, row: Any
) -> list[sa.ColumnElement[bool]]:
    if rule.where is None or rule.where.typed is None:
        return []
    compiled = scene.runtime.compiled
    return [scene.around.condition(rule.where.typed, row, compiled)]


def _run(scene: Scene, statement: Any) -> Sequence[Any]:
    return scene.connection.execute(statement, scene.parameters).all()
