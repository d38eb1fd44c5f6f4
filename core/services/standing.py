"""What stored records say against the definitions: shown with every plan.

A condition across rows that is new, or expressions and names of fields that users keep
as data, may not fit what is stored. Saves find that out record by record; here all of
it is named before the definitions are taken over. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledAcross, CompiledEntity, CompiledField
from core.fieldtypes import BadValue
from core.services import across_queries as queries
from core.services.context import Actor
from core.services.errors import AppError
from core.services.loader import chunks
from core.services.runtime import Runtime
from core.services.scene import Scene
from core.services.titles import titles

#: So many findings per condition or field are told; the rest is counted.
_TOLD = 5
#: Tables with more rows than this are not read as a whole.
_MOST = 200_000


def unfit_records(runtime: Runtime) -> list[str]:
    """Sentences about stored records that do not fit, the records named.

    Entities whose tables are not yet as the definitions want them are left out.
    """
    found: list[str] = []
    with runtime.database.reading() as connection:
        scene = Scene(runtime, connection, Actor.system())
        live = sa.inspect(connection)
        tables = set(live.get_table_names())
        for id_ in runtime.compiled.ids():
            entity = runtime.compiled.entity(id_)
            kept = _kept_fields(entity)
            if not (kept or entity.across) or entity.table.name not in tables:
                continue
            columns = {column["name"] for column in live.get_columns(entity.table.name)}
            if not {column.name for column in entity.table.columns} <= columns:
                continue
            found += _of_entity(scene, entity, kept)
    return found


def _kept_fields(entity: CompiledEntity) -> list[CompiledField]:
    """Fields whose values are pieces of definitions: expressions, names of fields."""
    return [f for f in entity.fields.values() if hasattr(f.type, "checked")]


def _of_entity(
    scene: Scene, entity: CompiledEntity, kept: Sequence[CompiledField]
) -> Iterator[str]:
    for field in kept:
        yield from _kept_texts(scene, entity, field)
    ids = entity.table.c.id
    if not entity.across:
        return
    most = sa.select(ids).limit(_MOST + 1)
    rows = list(scene.connection.scalars(most))
    if len(rows) > _MOST:
        yield f"{entity.plural}: too many to compare all of them; saves will."
        return
    for rule in entity.across:
        try:
            with scene.connection.begin_nested():
                broken = list(_broken(scene, entity, rule, rows))
            yield from _told(scene, entity, rule.id, broken)
        except (AppError, sa.exc.SQLAlchemyError):
            # What it reads elsewhere is not there before the plan is applied.
            yield f"{entity.label}/{rule.id}: cannot be compared before the plan."


def _kept_texts(
    scene: Scene, entity: CompiledEntity, field: CompiledField
) -> Iterator[str]:
    column = entity.table.c[field.name]
    statement = sa.select(entity.table.c.id, column).where(column.is_not(None))
    schema = scene.runtime.compiled.registry.schema
    check: Any = field.type
    bad: dict[str, list[int]] = {}
    for id_, value in scene.connection.execute(statement):
        try:
            check.checked(value, field.definition, schema)
        except BadValue as error:
            bad.setdefault(error.message, []).append(id_)
    for message, ids in bad.items():
        text = f"{field.label}: {message}"
        yield f"{entity.label} {_named(scene, entity, ids)}: {text}"


def _broken(
    scene: Scene, entity: CompiledEntity, rule: CompiledAcross, ids: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    """Groups of records that break a condition together."""
    if rule.kind in ("no_overlap", "acyclic"):
        look = queries.overlapping if rule.kind == "no_overlap" else queries.circles
        seen: set[frozenset[int]] = set()
        for pair in look(scene, entity, rule, ids):
            if frozenset(pair) not in seen:
                seen.add(frozenset(pair))
                yield pair
        return
    keys: set[queries.Key] = set()
    for chunk in chunks(ids):
        for record in scene.loader.load(entity.id, chunk).values():
            key = queries.key_of(rule, record.values)
            if key is not None:
                keys.add(key)
    groups: Any = {"seamless": queries.gaps, "group_check": queries.failing_groups}
    look_at = groups.get(rule.kind, queries.wrong_number)
    for _, rows in look_at(scene, entity, rule, sorted(keys, key=repr)):
        yield tuple(rows)


def _told(
    scene: Scene, entity: CompiledEntity, rule: str, every: Sequence[tuple[int, ...]]
) -> Iterator[str]:
    for ids in every[:_TOLD]:
        yield f"{entity.label}/{rule}: broken by {_named(scene, entity, ids)}."
    if len(every) > _TOLD:
        yield f"{entity.label}/{rule}: broken {len(every) - _TOLD} more times."


def _named(scene: Scene, entity: CompiledEntity, ids: Sequence[int]) -> str:
    if not ids:
        return "its rows"
    names = titles(scene, entity.id, list(ids)[:_TOLD])
    shown = [f"{names.get(id_, '')} #{id_}".strip() for id_ in list(ids)[:_TOLD]]
    more = f" and {len(ids) - _TOLD} more" if len(ids) > _TOLD else ""
    return ", ".join(shown) + more
