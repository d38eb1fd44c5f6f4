"""Answers questions: the one gate through which every list, count and look-up goes.

Called by Reader and Transaction. It plans (and keeps plans), runs one statement for the
rows and one per linked entity for titles, and drops what the actor may not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledField
from core.expressions import Record
from core.fieldtypes import FieldType
from core.services import candidates
from core.services.cursor import decode, encode
from core.services.errors import BadQuery
from core.services.plan import Plan, Planner
from core.services.request import Page, Query
from core.services.scene import Scene
from core.services.showing import fill_lines, finish
from core.services.titles import add_paths, add_titles
from core.services.words import Word, words_of

MOST = 1000
#: Up to here counts are exact even when an estimate is asked for.
COUNTED = 10_000


def search(scene: Scene, entity: str, query: Query, verb: str = "read") -> Page:
    """Return the page of records that the query names and the actor may see.

    NotAllowed without the verb on the entity; BadQuery for what is not understood.
    """
    scene.access.require(entity, verb)
    if not 0 < query.limit <= MOST:
        raise BadQuery(f"The limit is between 1 and {MOST}.", parameter="limit")
    words, parts = words_of(query.search)
    plan, parameters = _planned(scene, entity, query, verb, words, parts)
    rows = _rows(scene, entity, plan, query, parameters)
    page = rows[: query.limit]
    records = _records(scene, entity, plan, page)
    following = None
    if len(rows) > query.limit:
        width = len(plan.names)
        following = encode([_named(k) for k in plan.keys], page[-1][width:])
    count, estimated = (None, False)
    if query.count != "none":
        count, estimated = _count(scene, entity, plan, query, parameters)
    if query.titles:
        add_titles(scene, entity, records, plan.shape.own)
    return Page(tuple(records), following, count, estimated)


def _rows(
    scene: Scene, entity: str, plan: Plan, query: Query, parameters: dict[str, Any]
) -> list[sa.Row[Any]]:
    """One row more than the page holds, to know whether another follows."""
    rows: list[sa.Row[Any]] = []
    for statement in (plan.statement, plan.rest):
        wanted = query.limit + 1 - len(rows)
        if statement is None or wanted <= 0:
            continue
        if query.candidates is not None:
            statement = statement.where(
                candidates.condition(scene, entity, query.candidates)
            )
        with scene.limited():
            asked = {**scene.parameters, **parameters, "limit": wanted}
            rows.extend(scene.connection.execute(statement, asked))
    return rows


def count(scene: Scene, entity: str, query: Query, verb: str = "read") -> int:
    """Return how many records the query names; exact."""
    scene.access.require(entity, verb)
    words, parts = words_of(query.search)
    plan, parameters = _planned(scene, entity, query, verb, words, parts)
    exact = Query(count="exact", candidates=query.candidates)
    return _count(scene, entity, plan, exact, parameters)[0]


def _planned(
    scene: Scene,
    entity: str,
    query: Query,
    verb: str,
    words: tuple[Word, ...],
    parts: Mapping[str, str],
) -> tuple[Plan, dict[str, Any]]:
    parameters: dict[str, Any] = dict(parts)
    planner = Planner(scene.runtime, scene.access, entity, scene.around)
    pattern: tuple[bool, ...] | None = None
    if query.cursor is not None:
        keys = planner.keys(query.order)
        values = decode(query.cursor, [_named(key) for key in keys])
        pattern = tuple(value is None for value in values)
        parameters.update({f"after_{n}": value for n, value in enumerate(values)})
    if query.offset is not None:
        parameters["offset"] = query.offset
    if query.id is not None:
        parameters["record_id"] = query.id
    key = (
        "list",
        entity,
        verb,
        scene.rights_key,
        query.fields,
        query.filter,
        query.named,
        query.order,
        query.archived,
        words,
        pattern,
        query.offset is None,
        query.id is None,
    )
    plan: Plan = scene.runtime.plans.get(
        key, lambda: planner.plan(query, verb, words, _bound(pattern))
    )
    return plan, parameters


def _bound(pattern: Sequence[bool] | None) -> list[Any] | None:
    if pattern is None:
        return None
    return [
        None if empty else sa.bindparam(f"after_{number}")
        for number, empty in enumerate(pattern)
    ]


def _named(key: Any) -> str:
    return f"-{key.path}" if key.descending else str(key.path)


def _records(
    scene: Scene, entity: str, plan: Plan, rows: Sequence[sa.Row[Any]]
) -> list[Record]:
    compiled = scene.runtime.compiled.entity(entity)
    names = plan.names
    records = [
        Record(entity, row[0], dict(zip(names, row, strict=False))) for row in rows
    ]
    for name in plan.shape.own:
        field = compiled.fields.get(name)
        if field is not None and _made_of_columns(field):
            for record in records:
                record.values[name] = field.type.load(
                    record.values, name, field.definition
                )
                record.values.pop(f"{name}_entity", None)
    if plan.shape.paths:
        add_paths(scene, entity, records, plan.shape.paths)
    if plan.shape.many:
        scene.loader.fill_keys(entity, records, plan.shape.many)
    if plan.shape.lines:
        fill_lines(scene, entity, records, plan.shape.lines)
    finish(scene, entity, records, plan.shape.own)
    return records


def _made_of_columns(field: CompiledField) -> bool:
    """Whether the value is made from its columns, as references and files are."""
    own = type(field.type).load is not FieldType.load
    return field.kind == "reference" or (field.kind == "value" and own)


def _count(
    scene: Scene,
    entity: str,
    plan: Plan,
    query: Query,
    parameters: Mapping[str, Any],
) -> tuple[int, bool]:
    counting = plan.counting
    if query.candidates is not None:
        counting = counting.where(candidates.condition(scene, entity, query.candidates))
    if query.count == "estimate":
        counting = counting.limit(COUNTED + 1)
        total = sa.select(sa.func.count()).select_from(counting.subquery())
    else:
        total = counting.with_only_columns(sa.func.count(), maintain_column_froms=True)
    with scene.limited():
        asked = {**scene.parameters, **parameters}
        found = scene.connection.execute(total, asked).scalar_one()
    return found, query.count == "estimate" and found > COUNTED
