"""Finds records by what people write for them: external id, natural key or title.

Used by import, YAML data and the API; in batches, with the rights of the actor.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity, CompiledField, fold_of
from core.fieldtypes import BadValue
from core.frozen import frozen
from core.services.errors import BadQuery
from core.services.scene import Scene
from core.storage import tables

_CHUNK = 2000


@frozen
class Resolved:
    """Texts that name one record, and how many records the others name."""

    ids: dict[str, int]
    several: dict[str, int]


def resolve(scene: Scene, entity: str, texts: Iterable[str]) -> dict[str, int]:
    """Return text -> id for every text that names exactly one readable record.

    Looked up as external id (`crm.stage.won` or its last part), then as the value of
    the key field, then as the title field and as any other unique text, ignoring case
    and accents where the field is searched. A title shared by several records is a
    BadQuery that says so.
    """
    found = resolve_all(scene, entity, texts)
    for text, number in found.several.items():
        plural = scene.runtime.compiled.entity(entity).plural
        raise BadQuery(
            f"'{text}' names {number} records of {plural}. "
            "Use the id or a key instead.",
            name=text,
            entity=entity,
        )
    return found.ids


def resolve_all(scene: Scene, entity: str, texts: Iterable[str]) -> Resolved:
    """Look texts up as `resolve` does; those that name several are reported apart."""
    wanted = {text for text in texts if text}
    compiled = scene.runtime.compiled.entity(entity)
    several: dict[str, int] = {}
    found = _external(scene, compiled, wanted)
    missing = wanted - found.keys()
    readable = scene.readable_names(entity)
    if missing and compiled.key is not None and compiled.key in readable:
        found |= _by_column(scene, compiled, compiled.key, missing, several)
        missing = wanted - found.keys() - several.keys()
    name = title_field(compiled)
    if missing and name is not None and name in readable:
        found |= _by_column(scene, compiled, name, missing, several, folded=True)
    for other in _unique_texts(compiled, readable):
        missing = wanted - found.keys() - several.keys()
        if not missing:
            break
        found |= _by_column(scene, compiled, other, missing, several, folded=True)
    return Resolved(found, several)


def _unique_texts(compiled: CompiledEntity, readable: frozenset[str]) -> list[str]:
    """Other names of a record, such as an abbreviation."""
    known = (compiled.key, title_field(compiled))
    return [
        name
        for name, field in compiled.fields.items()
        if field.definition.unique
        and field.type.text_like
        and name in readable
        and name not in known
    ]


def title_field(compiled: CompiledEntity) -> str | None:
    """The stored field that alone makes the title, None if it is composed."""
    typed = compiled.titled.typed
    if typed is None or len(typed.reads) != 1:
        return None
    (path,) = typed.reads
    if len(path) != 1 or path[0] not in compiled.table.c:
        return None
    return path[0]


def _external(
    scene: Scene, compiled: CompiledEntity, texts: set[str]
) -> dict[str, int]:
    prefix = f"{compiled.id}."
    keys = {text.removeprefix(prefix): text for text in texts}
    table = tables.external_id
    found: dict[str, int] = {}
    for chunk in _chunks(list(keys)):
        statement = sa.select(table.c.key, table.c.record).where(
            table.c.entity == compiled.id, table.c.key.in_(chunk)
        )
        for key, record in scene.connection.execute(statement):
            found[keys[key]] = record
    return _readable(scene, compiled, found)


def _by_column(
    scene: Scene,
    compiled: CompiledEntity,
    name: str,
    texts: set[str],
    several: dict[str, int],
    *,
    folded: bool = False,
) -> dict[str, int]:
    shadow = compiled.table.c.get(f"{name}__fold") if folded else None
    column = compiled.table.c[name] if shadow is None else shadow
    values = _values(compiled.fields[name], texts, shadow is not None)
    statement = sa.select(column, compiled.table.c.id).where(
        column.in_(sa.bindparam("values", expanding=True))
    )
    if compiled.definition.archive:
        statement = statement.where(compiled.table.c.archived.is_(False))
    allowed = scene.access.condition(compiled.id, "read", compiled.table, scene.around)
    if allowed is not None:
        statement = statement.where(allowed)
    hits: dict[Any, set[int]] = {}
    for chunk in _chunks(list(values)):
        parameters = {**scene.parameters, "values": chunk}
        for value, id_ in scene.connection.execute(statement, parameters):
            hits.setdefault(value, set()).add(id_)
    found: dict[str, int] = {}
    for value, ids in hits.items():
        for text in values[value]:
            if len(ids) > 1:
                several[text] = len(ids)
            else:
                found[text] = next(iter(ids))
    return found


def _values(
    field: CompiledField, texts: set[str], folded: bool
) -> dict[Any, list[str]]:
    """What the column holds for each text; texts that cannot be values are left out."""
    values: dict[Any, list[str]] = {}
    take = field.type.coercer(field.definition)
    for text in texts:
        try:
            value = fold_of(text) if folded else take(text)
        except BadValue:
            continue
        values.setdefault(value, []).append(text)
    return values


def _readable(
    scene: Scene, compiled: CompiledEntity, found: dict[str, int]
) -> dict[str, int]:
    allowed = scene.access.condition(compiled.id, "read", compiled.table, scene.around)
    if allowed is None or not found:
        return found
    table = compiled.table
    kept: set[int] = set()
    for chunk in _chunks(list(set(found.values()))):
        statement = sa.select(table.c.id).where(table.c.id.in_(chunk), allowed)
        kept.update(scene.connection.scalars(statement, dict(scene.parameters)))
    return {text: id_ for text, id_ in found.items() if id_ in kept}


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
