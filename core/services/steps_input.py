"""The first steps of a save: may the actor do it, and what do the given values mean.

Steps `check_access` and `coerce` of core.services.write. They read the stored records,
check versions and rights, turn raw input into values and sort lines into batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.diagnostics import did_you_mean
from core.expressions import Record
from core.fieldtypes import BadValue, Locale
from core.services.batch import Batch, Change, Lines
from core.services.errors import NotAllowed, NotFound, StaleRecord
from core.services.readable import PSEUDO
from core.services.scene import Scene

_CHUNK = 5000


def check_access(batch: Batch) -> None:
    """Refuse what the actor may not do; load what is to be changed."""
    scene, entity = batch.scene, batch.entity
    if not batch.trusted:
        scene.access.require(entity.id, batch.verb)
    if batch.verb != "create":
        _load_old(batch)


def _load_old(batch: Batch) -> None:
    scene, entity = batch.scene, batch.entity
    ids = [change.record.id for change in batch.changes if change.record.id]
    loaded = scene.loader.load(entity.id, ids)
    allowed = set(ids) if batch.trusted else permitted(scene, entity, batch.verb, ids)
    for change in batch.changes:
        old = loaded.get(change.record.id or 0)
        if old is None or change.record.id not in allowed:
            raise _absent(batch, change.record.id or 0, old is not None)
        expected = change.version
        if expected is not None and expected != old["version"]:
            raise stale(scene, entity, old, expected)
        change.old = old
        change.record = Record(entity.id, old.id, dict(old.values))


def permitted(
    scene: Scene, entity: CompiledEntity, verb: str, ids: Sequence[int | None]
) -> set[int | None]:
    """Of these ids, those on which the actor holds the verb."""
    allowed = scene.access.condition(entity.id, verb, entity.table, scene.around)
    if allowed is None:
        return set(ids)
    found: set[int | None] = set()
    statement = sa.select(entity.table.c.id).where(
        entity.table.c.id.in_(sa.bindparam("ids", expanding=True)), allowed
    )
    wanted = list(ids)
    for start in range(0, len(wanted), _CHUNK):
        parameters = {**scene.parameters, "ids": wanted[start : start + _CHUNK]}
        found.update(scene.connection.scalars(statement, parameters))
    return found


def _absent(batch: Batch, id_: int, exists: bool) -> Exception:
    """NotAllowed if the actor may at least see the record, else NotFound."""
    scene, entity = batch.scene, batch.entity
    if exists and permitted(scene, entity, "read", [id_]):
        return NotAllowed(
            f"You may see this {entity.label}, but you may not {batch.verb} it.",
            entity=entity.id,
            id=id_,
            verb=batch.verb,
        )
    return NotFound(
        f"There is no {entity.label} with the id {id_}, or you may not see it.",
        entity=entity.id,
        id=id_,
    )


def stale(
    scene: Scene, entity: CompiledEntity, old: Record, expected: int
) -> StaleRecord:
    """The answer to a version that is no longer the stored one, with what changed."""
    from core.storage import tables

    table = tables.audit
    statement = (
        sa.select(table.c.changes, table.c.actor, table.c.at)
        .where(
            table.c.entity == entity.id,
            table.c.record == old.id,
            table.c.version > expected,
        )
        .order_by(table.c.id)
    )
    rows = scene.connection.execute(statement).all()
    changed = sorted({name for row in rows for name in row.changes or {}})
    readable = scene.readable_names(entity.id)
    return StaleRecord(
        f"Somebody saved this {entity.label} meanwhile. Reload it, then save again.",
        entity=entity.id,
        id=old.id,
        version=old["version"],
        changed=[name for name in changed if name in readable],
        by=rows[-1].actor if rows else None,
        at=rows[-1].at if rows else None,
    )


def coerce(batch: Batch) -> None:
    """Turn the given values into values of their fields; sort lines into batches."""
    entity = batch.entity
    rights = batch.scene.access.of(entity.id)
    writable = None if batch.trusted else rights.writable
    coercers = _coercers(batch)
    with_lines: dict[str, list[tuple[Change, Any]]] = {}
    for change in batch.changes:
        for name, raw in _flattened(entity, change.given):
            take = coercers.get(name)
            if take is None or (writable is not None and name not in writable):
                _refuse_field(batch, change, name)
                continue
            if name in entity.lines:
                with_lines.setdefault(name, []).append((change, raw))
                continue
            try:
                change.explicit[name] = take(raw)
            except BadValue as bad:
                change.problem(name, bad.code, bad.message, facts=bad.facts)
        change.record.values.update(change.explicit)
    for name, given in with_lines.items():
        batch.lines.append(_lines(batch, name, given))


def _coercers(batch: Batch) -> dict[str, Any]:
    actor = batch.scene.actor
    locale = Locale(actor.language, actor.zone)
    key = ("coercers", batch.entity.id, actor.language, actor.zone)
    found: dict[str, Any] = batch.scene.runtime.plans.get(
        key,
        lambda: {
            name: field.type.coercer(field.definition, locale)
            for name, field in batch.entity.fields.items()
            if field.writable and field.kind != "group"
        },
    )
    return found


def _flattened(
    entity: CompiledEntity, given: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    """The given values with groups as their members."""
    items: list[tuple[str, Any]] = []
    for name, raw in given.items():
        field = entity.fields.get(name)
        if field is None or field.kind != "group":
            items.append((name, raw))
        elif raw is None:
            items.extend((member, None) for member in field.members)
        elif isinstance(raw, Mapping):
            items.extend((f"{name}_{inner}", value) for inner, value in raw.items())
        else:
            items.append((f"{name}_", raw))
    return items


def _refuse_field(batch: Batch, change: Change, name: str) -> None:
    entity = batch.entity
    field = entity.fields.get(name)
    readable = batch.scene.readable_names(entity.id)
    if name in PSEUDO:
        change.problem(name, "readonly", f"'{name}' is kept by the platform.")
    elif field is None or (name not in readable and not batch.trusted):
        hint = did_you_mean(name, [n for n in entity.fields if n in readable])
        tail = f" {hint[0].upper()}{hint[1:]}." if hint else ""
        change.problem(
            name, "unknown_field", f"{entity.label} has no field '{name}'.{tail}"
        )
    elif field.computed:
        change.problem(
            name, "readonly", f"{field.label} is computed and cannot be written."
        )
    else:
        change.problem(name, "not_writable", f"You may not change {field.label}.")


def _lines(batch: Batch, name: str, given: Sequence[tuple[Change, Any]]) -> Lines:
    """Sort the rows given for a lines field into new, changed and removed ones."""
    lines = batch.entity.lines[name]
    child = batch.scene.runtime.compiled.entity(lines.child)
    stored = [change.record for change, _ in given if change.old is not None]
    for record in stored:
        record.relations.pop(name, None)
    batch.scene.loader.fill(batch.entity.id, stored, [(name, "id")])
    created: list[Change] = []
    updated: list[Change] = []
    removed: dict[int, list[Record]] = {}
    for change, raw in given:
        present = (
            {row.id: row for row in change.record.relations.get(name, ())}
            if change.old is not None
            else {}
        )
        rows: list[Record] = []
        for number, row in enumerate(_rows(change, name, raw)):
            made = _line(change, name, number, row, present, child, lines)
            if made is None:
                continue
            (created if made.old is None else updated).append(made)
            rows.append(made.record)
        change.record.relations[name] = tuple(rows)
        if present:
            removed[change.row] = list(present.values())
        if present or any(row.id is None for row in rows):
            change.changed.add(name)
    return Lines(
        name,
        _child(batch, child, "create", created),
        _child(batch, child, "update", updated),
        removed,
    )


def _rows(change: Change, name: str, raw: Any) -> Sequence[Any]:
    if raw is None:
        return ()
    if isinstance(raw, list | tuple):
        return raw
    change.problem(name, "wrong_type", f"'{name}' takes a list of rows.")
    return ()


def _line(
    change: Change,
    name: str,
    number: int,
    raw: Any,
    present: dict[int | None, Record],
    child: CompiledEntity,
    lines: Any,
) -> Change | None:
    if not isinstance(raw, Mapping):
        change.problem(name, "wrong_type", f"Row {number + 1} is no map of fields.")
        return None
    given = {k: v for k, v in raw.items() if k not in ("id", "version")}
    id_ = raw.get("id")
    key = str(raw.get("id") or "")
    old = present.pop(int(key), None) if key.isdecimal() else None
    if id_ not in (None, "") and old is None:
        change.problem(
            name, "not_found", f"Row {number + 1} with the id {id_} is not one of ours."
        )
        return None
    values = dict(old.values) if old is not None else {}
    record = Record(child.id, None if old is None else old.id, values)
    record.relations[lines.back] = change.record
    record.values[lines.back] = change.record.id
    record.values["position"] = number
    made = Change(number, given, record, old=old, parent=change)
    made.path = (*change.path, name, number)
    made.explicit.update(lines.fixed if old is None else {})
    if old is not None and old.values.get("position") != number:
        made.changed.add("position")
    return made


def _child(
    batch: Batch, child: CompiledEntity, verb: Any, changes: list[Change]
) -> Batch:
    made = Batch(
        batch.scene,
        child,
        verb,
        changes,
        batch.via,
        batch.trusted,
        batch.accept_warnings,
        plugins=batch.plugins,
    )
    coerce(made)
    return made
