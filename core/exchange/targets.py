"""Finds the records that texts of a file name, a chunk at a time.

Called by the import for links and for the key of rows. What one chunk has found the
next ones know; only what the actor may read is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity, CompiledField
from core.exchange.paths import Slot
from core.expressions import Ref
from core.fieldtypes import BadValue
from core.services.resolve import resolve_all
from core.services.scene import Scene
from core.storage import among, tables

_CHUNK = 2000
_MOST = 200_000


class Targets:
    """Texts and the ids they stand for, kept over the chunks of one import."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None, str], int] = {}

    def find(self, scene: Scene, slot: Slot, texts: Iterable[str]) -> dict[str, Any]:
        """Return text -> id for the texts that name one record of a link's target.

        A field that leads to one of several entities takes a Ref in place of the id.
        """
        assert slot.field is not None
        found: dict[str, Any] = {}
        refers = slot.field.kind == "reference"
        for target in slot.field.targets:
            missing = {text for text in texts if text and text not in found}
            for text in list(missing):
                known = self._known.get((target, slot.by, text))
                if known is not None:
                    found[text] = Ref(target, known) if refers else known
                    missing.discard(text)
            if not missing:
                continue
            fresh = named(scene, target, slot.by, missing)
            found |= {t: Ref(target, i) if refers else i for t, i in fresh.items()}
            if len(self._known) < _MOST:
                self._known |= {(target, slot.by, t): i for t, i in fresh.items()}
        return found


def named(scene: Scene, entity: str, by: str | None, texts: set[str]) -> dict[str, int]:
    """Return text -> id, looked up in the way that `by` says.

    None: anything that names a record, as core.services.resolve says. A field's name:
    that field. `id`: the id itself. `@namespace`: external ids of earlier imports.
    """
    compiled = scene.runtime.compiled.entity(entity)
    if by is None:
        return resolve_all(scene, entity, texts).ids
    if by == "id":
        ids = {text: id_ for text in texts if (id_ := _id_in(text, entity))}
        column = compiled.table.c.id
        seen = {id_ for _, id_ in _readable(scene, compiled, column, [*ids.values()])}
        return {text: id_ for text, id_ in ids.items() if id_ in seen}
    if by.startswith("@"):
        return by_external(scene, entity, by[1:], texts)
    return by_field(scene, compiled, compiled.fields[by], texts)


def _id_in(text: str, entity: str) -> int | None:
    """The id in `7` or `library.book/7`, None if it is none of this entity."""
    digits = text.removeprefix(f"{entity}/")
    fits = digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if fits else None


def by_field(
    scene: Scene, compiled: CompiledEntity, field: CompiledField, texts: set[str]
) -> dict[str, int]:
    """Return text -> id for values of a field that name exactly one record."""
    values: dict[Any, list[str]] = {}
    for text in texts:
        try:
            value = field.type.coerce(text, field.definition)
            values.setdefault(value, []).append(text)
        except BadValue:
            continue
    hits: dict[Any, list[int]] = {}
    column = compiled.table.c[field.name]
    for value, id_ in _readable(scene, compiled, column, list(values)):
        hits.setdefault(value, []).append(id_)
    return {
        text: ids[0]
        for value, ids in hits.items()
        if len(ids) == 1
        for text in values[value]
    }


def by_fields(
    scene: Scene,
    entity: str,
    fields: Sequence[CompiledField],
    wanted: set[tuple[Any, ...]],
) -> dict[tuple[Any, ...], list[int]]:
    """Return values -> ids of the readable records that hold all of them."""
    compiled = scene.runtime.compiled.entity(entity)
    # The part with most different values leaves the fewest rows to look at.
    parts = [{values[n] for values in wanted} for n in range(len(fields))]
    best = max(range(len(fields)), key=lambda n: len(parts[n]))
    columns = [compiled.table.c[field.name] for field in fields]
    statement = sa.select(compiled.table.c.id, *columns).where(
        among(columns[best], "values", scene.connection)
    )
    allowed = scene.access.condition(compiled.id, "read", compiled.table, scene.around)
    if allowed is not None:
        statement = statement.where(allowed)
    found: dict[tuple[Any, ...], list[int]] = {}
    for chunk in _chunks(list(parts[best])):
        given = {**scene.parameters, "values": chunk}
        for id_, *values in scene.connection.execute(statement, given):
            if tuple(values) in wanted:
                found.setdefault(tuple(values), []).append(id_)
    return found


def by_external(
    scene: Scene, entity: str, namespace: str, texts: set[str]
) -> dict[str, int]:
    """Return text -> id for external ids that earlier imports have kept."""
    keys = {external_key(namespace, text): text for text in texts}
    owners = external_owners(scene, entity, keys)
    found = {keys[key]: record for key, record in owners.items()}
    compiled = scene.runtime.compiled.entity(entity)
    seen = _readable(scene, compiled, compiled.table.c.id, list(found.values()))
    kept = {id_ for _, id_ in seen}
    return {text: id_ for text, id_ in found.items() if id_ in kept}


def external_owners(scene: Scene, entity: str, keys: Iterable[str]) -> dict[str, int]:
    """Return key -> id for the external ids that are kept, whoever may read them."""
    table = tables.external_id
    found: dict[str, int] = {}
    for chunk in _chunks(list(keys)):
        statement = sa.select(table.c.key, table.c.record).where(
            table.c.entity == entity, table.c.key.in_(chunk)
        )
        for key, id_ in scene.connection.execute(statement):
            found[key] = id_
    return found


def external_key(namespace: str, text: str) -> str:
    """How an id of another system is kept, without dots that would part it."""
    return f"{namespace}:{text}"[:255]


def _readable(
    scene: Scene,
    compiled: CompiledEntity,
    column: sa.ColumnElement[Any],
    values: list[Any],
) -> list[tuple[Any, int]]:
    statement = sa.select(column, compiled.table.c.id).where(
        among(column, "values", scene.connection)
    )
    allowed = scene.access.condition(compiled.id, "read", compiled.table, scene.around)
    if allowed is not None:
        statement = statement.where(allowed)
    found: list[tuple[Any, int]] = []
    for chunk in _chunks(values):
        parameters = {**scene.parameters, "values": chunk}
        rows = scene.connection.execute(statement, parameters)
        found.extend((value, id_) for value, id_ in rows)
    return found


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
