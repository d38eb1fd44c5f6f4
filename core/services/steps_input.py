"""The first steps of a save: may the actor do it, and what do the given values mean.

Steps `check_access` and `coerce` of core.services.write. They read the stored records,
check versions and rights, and turn raw input into values; lines are sorted into
batches by core.services.lines_input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.diagnostics import suggestion
from core.expressions import Record
from core.fieldtypes import BadValue, Locale
from core.services.batch import Batch, Change, LinesPatch
from core.services.errors import AppError, NotAllowed, NotFound, StaleRecord
from core.services.files.given import take_files
from core.services.holding import is_held_late
from core.services.lines_input import add_lines
from core.services.loader import chunks
from core.services.named import find_named
from core.services.per_company import take_per_company
from core.services.readable import PSEUDO
from core.services.scene import Scene
from core.storage import tables

Coercers = Mapping[str, Callable[[Any], Any]]


def check_access(batch: Batch) -> None:
    """Refuse what the actor may not do; load what is to be changed."""
    if not batch.trusted:
        batch.scene.access.require(batch.entity.id, batch.verb)
    if batch.verb != "create":
        _load_old(batch)


def _load_old(batch: Batch) -> None:
    scene, entity = batch.scene, batch.entity
    ids = [change.record.id for change in batch.changes if change.record.id]
    _hold(batch, ids)
    paths = set(batch.plan.old)
    for test in scene.access.of(entity.id).write_conditions.values():
        paths |= test.reads.this
    loaded = scene.loader.load(entity.id, ids, paths)
    given = {name for change in batch.changes for name in change.given}
    many = [name for name in entity.associations if name in given]
    scene.loader.fill_keys(entity.id, list(loaded.values()), many)
    allowed: set[int | None] = set(ids)
    if not batch.trusted:
        allowed = permitted(scene, entity, batch.verb, ids)
    for change in batch.changes:
        old = loaded.get(change.record.id or 0)
        error = _refusal(batch, change, old, allowed)
        if error is None and old is not None:
            change.old = old
            change.record = Record(entity.id, old.id, dict(old.values))
        elif error is not None and batch.partial:
            change.problem(None, error.code, error.message, facts=error.facts)
        elif error is not None:
            raise error


def _refusal(
    batch: Batch, change: Change, old: Record | None, allowed: set[int | None]
) -> AppError | None:
    """Why a record cannot be changed: not there, out of reach, or changed meanwhile."""
    if old is None or change.record.id not in allowed:
        return _absent(batch, change.record.id or 0, old is not None)
    expected = change.version
    if expected is not None and expected != old["version"]:
        return stale(batch.scene, batch.entity, old, expected)
    return None


def _hold(batch: Batch, ids: Sequence[int]) -> None:
    """Lock the rows on PostgreSQL, in the order of their ids; SQLite locks the file.

    Rows that others follow are locked together with these, by `hold_followers`.
    """
    connection, table = batch.scene.connection, batch.entity.table
    if batch.draft or connection.dialect.name != "postgresql":
        return
    if is_held_late(batch.scene, batch.entity.id):
        return
    statement = (
        sa.select(table.c.id)
        .where(table.c.id.in_(sa.bindparam("ids", expanding=True)))
        .order_by(table.c.id)
        .with_for_update(key_share=True)
    )
    for chunk in chunks(sorted(ids)):
        connection.execute(statement, {"ids": chunk})


def permitted(
    scene: Scene, entity: CompiledEntity, verb: str, ids: Sequence[int | None]
) -> set[int | None]:
    """Of these ids, those on which the actor holds the verb."""
    if not scene.access.can(entity.id, verb):
        return set()
    statement = scene.runtime.plans.get(
        ("permitted", entity.id, verb, scene.rights_key),
        lambda: _permitted(scene, entity, verb),
    )
    if statement is None:
        return set(ids)
    found: set[int | None] = set()
    for chunk in chunks([id_ for id_ in ids if id_ is not None]):
        parameters = {**scene.parameters, "ids": chunk}
        found.update(scene.connection.scalars(statement, parameters))
    return found


def _permitted(
    scene: Scene, entity: CompiledEntity, verb: str
) -> sa.Select[tuple[int]] | None:
    allowed = scene.access.condition(entity.id, verb, entity.table, scene.around)
    if allowed is None:
        return None
    key = entity.table.c.id
    return sa.select(key).where(key.in_(sa.bindparam("ids", expanding=True)), allowed)


def _absent(batch: Batch, id_: int, exists: bool) -> AppError:
    """NotAllowed if the actor may at least see the record, else NotFound."""
    scene, entity = batch.scene, batch.entity
    if exists and permitted(scene, entity, "read", [id_]):
        return NotAllowed(
            f"You may see this {entity.label}, but you may not {batch.verb} it.",
            entity=entity.id,
            id=id_,
            verb=batch.verb,
        )
    return not_found(entity, id_)


def not_found(entity: CompiledEntity, id_: int) -> NotFound:
    """The answer to an id that is not there or not to be seen: both look the same."""
    return NotFound(
        f"There is no {entity.label} with the id {id_}, or you may not see it.",
        entity=entity.id,
        id=id_,
    )


def stale(
    scene: Scene, entity: CompiledEntity, old: Record, expected: int
) -> StaleRecord:
    """The answer to a version that is no longer the stored one, with what changed."""
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
    take_files(batch)
    coercers = _coercers(batch)
    named: list[tuple[Change, str, str]] = []
    for change in batch.changes:
        explicit = change.explicit
        for name, raw in change.given.items():
            take = coercers.get(name)
            if take is None:
                _take_other(batch, change, name, raw, coercers)
                continue
            try:
                explicit[name] = take(raw)
            except BadValue as bad:
                if bad.code == "needs_lookup":
                    named.append((change, name, str(bad.facts.get("text", raw))))
                else:
                    change.problem(name, bad.code, bad.message, facts=bad.facts)
    find_named(batch, named)
    for change in batch.changes:
        _apply(batch.entity, change)
    take_per_company(batch, coerce)
    for name in batch.entity.lines:
        given = [(c, c.given[name]) for c in batch.changes if name in c.given]
        if batch.entity.fields[name].build is not None:
            given = _leave_built(batch, name, given)
        if given and _open(batch, name):
            add_lines(batch, name, given, coerce)


def _apply(entity: CompiledEntity, change: Change) -> None:
    if change.old is None:
        change.record.values.update(change.explicit)
        return
    for name, value in change.explicit.items():
        change.set(name, value)
        if entity.fields[name].kind == "links" and name in change.changed:
            before = change.old.values.get(name) or ()
            if set(before) == set(value or ()):
                change.changed.discard(name)


def _leave_built(
    batch: Batch, name: str, given: list[tuple[Change, Any]]
) -> list[tuple[Change, Any]]:
    """Rows that are built are not taken from forms; changing one of them is refused."""
    for change, raw in given:
        if isinstance(raw, LinesPatch):
            label = batch.entity.fields[name].label
            message = f"{label} are made of other rows and cannot be written."
            change.problem(name, "readonly", message)
    return []


def _open(batch: Batch, name: str) -> bool:
    """Whether the actor may write the field at all."""
    return batch.trusted or name in batch.scene.access.of(batch.entity.id).writable


def _coercers(batch: Batch) -> Coercers:
    """What turns input into values, for the fields that the actor may write."""
    scene, entity = batch.scene, batch.entity
    actor = scene.actor
    rights = None if batch.trusted else scene.access.map
    key = ("coercers", entity.id, actor.language, actor.zone)
    owner = None if rights is None else (rights.roles, rights.admin)

    def make() -> dict[str, Callable[[Any], Any]]:
        locale = Locale(actor.language, actor.zone)
        return {
            name: field.type.coercer(field.definition, locale)
            for name, field in entity.fields.items()
            if field.writable
            and field.kind not in ("group", "lines")
            and _open(batch, name)
        }

    found: Coercers = scene.runtime.plans.get((*key, owner), make)
    return found


def _take_other(
    batch: Batch, change: Change, name: str, raw: Any, coercers: Coercers
) -> None:
    """A group, lines, or a name that cannot be written."""
    field = batch.entity.fields.get(name)
    if field is None or not _open(batch, name):
        _refuse_field(batch, change, name)
    elif field.kind == "lines" and field.writable:
        return
    elif field.kind == "group":
        _take_group(batch, change, name, raw, coercers)
    else:
        _refuse_field(batch, change, name)


def _take_group(
    batch: Batch, change: Change, name: str, raw: Any, coercers: Coercers
) -> None:
    """A whole group: a map of its members, or a record that uses the trait."""
    cut = len(name) + 1
    members = batch.entity.fields[name].members
    if raw in (None, ""):
        given: dict[str, Any] = {member[cut:]: None for member in members}
    elif isinstance(raw, Record):
        given = {member[cut:]: raw.values.get(member[cut:]) for member in members}
    elif isinstance(raw, Mapping):
        given = dict(raw)
    else:
        change.problem(name, "wrong_type", f"'{name}' takes a map of fields.")
        return
    for inner, value in given.items():
        flat = f"{name}_{inner}"
        take = coercers.get(flat)
        if take is None or flat not in members:
            _refuse_field(batch, change, flat)
            continue
        try:
            change.explicit[flat] = take(value)
        except BadValue as bad:
            change.problem(flat, bad.code, bad.message, facts=bad.facts)


def _refuse_field(batch: Batch, change: Change, name: str) -> None:
    entity = batch.entity
    field = entity.fields.get(name)
    readable = batch.scene.readable_names(entity.id)
    if name in PSEUDO or name == "position":
        change.problem(name, "readonly", f"'{name}' is kept by the platform.")
    elif field is None or (name not in readable and not batch.trusted):
        tail = suggestion(name, [n for n in entity.fields if n in readable])
        change.problem(
            name, "unknown_field", f"{entity.label} has no field '{name}'.{tail}"
        )
    elif field.computed or not field.writable:
        change.problem(
            name, "readonly", f"{field.label} is computed and cannot be written."
        )
    else:
        change.problem(name, "not_writable", f"You may not change {field.label}.")
