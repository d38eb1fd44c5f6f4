"""The last steps of a save: rows, plugins' turn, audit and events.

Steps `write_row`, `tell_plugins`, `record_audit` and `queue_events` of
core.services.write. All statements are batches; numbers are drawn right before the
rows are written, so that a series is locked for as short as possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.compiler import CompiledEntity, fold_of
from core.expressions import Record
from core.services.batch import Batch, Change, below
from core.services.errors import Problem, ValidationFailed
from core.services.identity import next_ids
from core.services.numbering import draw_numbers
from core.services.steps_check import unique_message
from core.services.steps_input import stale
from core.storage import tables, violation_of


def write_row(batch: Batch) -> None:
    """Write the records of a batch, then their lines and many-to-many rows."""
    try:
        if batch.verb == "create":
            _insert(batch)
        else:
            _update(batch)
        _associate(batch)
    except IntegrityError as error:
        raise _violated(batch, error) from error
    for lines in batch.lines:
        _write_lines(batch, lines)


def _insert(batch: Batch) -> None:
    changes = batch.alive
    if not changes:
        return
    scene, entity = batch.scene, batch.entity
    draw_numbers(batch)
    # A record that mirrors one of another kind of table brings its id along.
    fresh = [change for change in changes if change.record.id is None]
    drawn = iter(next_ids(scene.connection, entity.table, len(fresh)))
    ids = [change.record.id or next(drawn) for change in changes]
    now, me = scene.moment.now, scene.actor.user_id
    columns = _stored_fields(entity)
    rows = []
    for change, id_ in zip(changes, ids, strict=True):
        record = change.record
        record.id = id_
        values = record.values
        values.update(
            id=id_,
            version=1,
            created_at=now,
            created_by=me,
            updated_at=now,
            updated_by=me,
        )
        owner = entity.owner
        if owner is not None and change.parent is not None:
            values[owner.field] = change.parent.record.id
        rows.append(_row(entity, columns, values))
    scene.connection.execute(entity.table.insert(), rows)


def _update(batch: Batch) -> None:
    scene, entity = batch.scene, batch.entity
    columns = dict(_stored_fields(entity))
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in batch.alive:
        if not change.changed:
            continue
        assert change.old is not None
        values = change.record.values
        version = change.old["version"]
        values.update(
            version=version + 1,
            updated_at=scene.moment.now,
            updated_by=scene.actor.user_id,
        )
        names = [(n, columns[n]) for n in sorted(change.changed) if n in columns]
        row = _row(entity, names, values, stamps=False)
        if "position" in change.changed and entity.owner is not None:
            row["position"] = values["position"]
        row["b_id"], row["b_version"] = change.record.id, version
        groups.setdefault(tuple(sorted(row)), []).append(row)
    for keys, rows in groups.items():
        _update_group(batch, keys, rows)


def _update_group(
    batch: Batch, keys: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    scene, table = batch.scene, batch.entity.table
    settable = [key for key in keys if key not in ("b_id", "b_version")]
    statement = (
        table.update()
        .where(
            table.c.id == sa.bindparam("b_id"),
            table.c.version == sa.bindparam("b_version"),
        )
        .values(
            {
                **{key: sa.bindparam(f"v_{key}") for key in settable},
                "version": sa.bindparam("b_version") + 1,
                "updated_at": scene.moment.now,
                "updated_by": scene.actor.user_id,
            }
        )
    )
    parameters = [
        {(key if key.startswith("b_") else f"v_{key}"): row[key] for key in keys}
        for row in rows
    ]
    done = scene.connection.execute(statement, parameters)
    if done.rowcount != len(rows):
        _find_stale(batch, rows)


def _find_stale(batch: Batch, rows: list[dict[str, Any]]) -> None:
    """Another transaction was faster: say for which record."""
    scene, entity = batch.scene, batch.entity
    current = scene.loader.load(entity.id, [row["b_id"] for row in rows])
    for row in rows:
        record = current.get(row["b_id"])
        if record is None or record["version"] != row["b_version"] + 1:
            if record is None:
                record = Record(entity.id, row["b_id"], {"version": None})
            raise stale(scene, entity, record, row["b_version"])


def _stored_fields(entity: CompiledEntity) -> tuple[tuple[str, Any], ...]:
    """The fields with columns of their own, with the field."""
    return tuple(
        (name, field)
        for name, field in entity.fields.items()
        if field.columns and field.kind != "group"
    )


def _row(
    entity: CompiledEntity,
    columns: Iterable[tuple[str, Any]],
    values: dict[str, Any],
    stamps: bool = True,
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if stamps:
        for name in (
            "id",
            "version",
            "created_at",
            "created_by",
            "updated_at",
            "updated_by",
            "archived",
            "archived_at",
        ):
            row[name] = values[name]
        if entity.owner is not None:
            row["position"] = values.get("position") or 0
    given = set()
    for name, field in columns:
        given.add(name)
        if len(field.columns) == 1:
            row[name] = values.get(name)
        else:
            row.update(field.type.store(values.get(name), name, field.definition))
    for name, column in entity.fold_columns:
        if name in given:
            row[column] = fold_of(values.get(name))
    return row


def _associate(batch: Batch) -> None:
    """Write the rows of many-to-many fields that changed."""
    connection = batch.scene.connection
    for name, association in batch.entity.associations.items():
        field = batch.entity.fields[name]
        table = association.table
        if field.definition.through is not None or not isinstance(table, sa.Table):
            continue
        added: list[dict[str, Any]] = []
        removed: list[dict[str, Any]] = []
        for change in batch.alive:
            new = set(change.record.values.get(name) or ())
            if change.old is None:
                old: set[int] = set()
            elif name in change.changed:
                old = set(change.old.values.get(name) or ())
            else:
                continue
            id_ = change.record.id
            added += [{"source": id_, "target": one} for one in sorted(new - old)]
            removed += [{"b_source": id_, "b_target": one} for one in old - new]
        if removed:
            statement = table.delete().where(
                table.c.source == sa.bindparam("b_source"),
                table.c.target == sa.bindparam("b_target"),
            )
            connection.execute(statement, removed)
        if added:
            connection.execute(table.insert(), added)


def _write_lines(batch: Batch, lines: Any) -> None:
    gone = [row for rows in lines.removed.values() for row in rows]
    dead = {id(change) for change in batch.changes} - {id(c) for c in batch.alive}
    for child in (lines.created, lines.updated):
        child.changes = [c for c in child.changes if id(c.parent) not in dead]
    if gone:
        from core.services.deletion import delete_rows

        delete_rows(batch.scene, lines.created.entity, gone)
    write_row(lines.updated)
    write_row(lines.created)


def _violated(batch: Batch, error: IntegrityError) -> Exception:
    """The database refused what a check before could not see: somebody was faster."""
    violation = violation_of(error)
    entity = batch.entity
    found = entity.unique_at(violation.name, violation.columns)
    for unique in entity.uniques:
        if unique.id == found:
            record = batch.records[0]
            field = unique.fields[0] if len(unique.fields) == 1 else None
            message = unique_message(batch, unique, record)
            return ValidationFailed([Problem(field, "unique", message)])
    if violation.kind == "foreign_key":
        message = "A record that this one leads to was deleted meanwhile. Choose again."
        return ValidationFailed([Problem(None, "unknown_target", message)])
    return ValidationFailed(
        [Problem(None, violation.kind, "The database refused these values.")]
    )


def tell_plugins(batch: Batch) -> None:
    """Let modules write more, in the same transaction."""
    for child in below(batch):
        tell_plugins(child)
    if batch.plugins is not None:
        batch.plugins.after_save(batch.scene, batch.entity.id, batch.alive)


def record_audit(batch: Batch) -> None:
    """Keep old and new of every changed field; lines stand in their parent's entry."""
    rows = [
        audit_row(batch, change, changes)
        for change in batch.alive
        if (changes := _audited(batch, change))
    ]
    if rows:
        batch.scene.connection.execute(tables.audit.insert(), rows)


def audit_row(batch: Batch, change: Change, changes: dict[str, Any]) -> dict[str, Any]:
    """One entry of the audit: who, when, by what way, what."""
    scene = batch.scene
    return {
        "at": scene.moment.now,
        "actor": scene.actor.user_id,
        "via": batch.via,
        "entity": batch.entity.id,
        "record": change.record.id,
        "version": change.record.values["version"],
        "action": f"{batch.verb}d",
        "changes": changes,
    }


def _audited(batch: Batch, change: Change) -> dict[str, Any]:
    changes = differences(batch.entity, change.old, change.record, change.changed)
    for lines in batch.lines:
        rows = _line_changes(lines, change)
        if rows:
            changes[lines.field] = rows
    return changes


def _line_changes(lines: Any, change: Change) -> list[Any]:
    """Old and new of the rows of one lines field: {id, field: [old, new]}."""
    rows: list[Any] = []
    for child in (lines.created, lines.updated):
        for one in child.changes:
            if one.parent is change:
                found = _audited(child, one)
                if found:
                    word = "added" if child.verb == "create" else "changed"
                    rows.append({"id": one.record.id, word: found})
    for row in lines.removed.get(change.row, ()):
        entity = lines.created.entity
        gone = differences(entity, row, None, set(entity.fields))
        rows.append({"id": row.id, "removed": gone})
    return rows


def differences(
    entity: CompiledEntity,
    old: Record | None,
    new: Record | None,
    names: Iterable[str],
) -> dict[str, Any]:
    """[old, new] of each field as JSON; write-only values are never shown."""
    changes: dict[str, Any] = {}
    for name, field in entity.fields.items():
        if field.kind in ("lines", "group") or not (old is None or name in names):
            continue
        before = None if old is None else old.values.get(name)
        after = None if new is None else new.values.get(name)
        if before == after or (before in (None, ()) and after in (None, ())):
            continue
        if field.type.write_only:
            changes[name] = [None, None]
            continue
        to_json, definition = field.type.to_json, field.definition
        changes[name] = [
            None if before is None else to_json(before, definition),
            None if after is None else to_json(after, definition),
        ]
    return changes


def queue_events(batch: Batch) -> None:
    """Put an event per record into the outbox, in the same transaction."""
    changed = [c for c in batch.alive if c.old is None or c.changed]
    queue(batch, f"{batch.verb}d", changed)


def queue(batch: Batch, word: str, changes: Sequence[Change]) -> None:
    """Queue `<entity>.<word>` for records; the payload names the changed fields."""
    scene, entity = batch.scene, batch.entity.id
    rows = [
        {
            "at": scene.moment.now,
            "event": f"{entity}.{word}",
            "entity": entity,
            "record": change.record.id,
            "payload": {
                "version": change.record.values["version"],
                "actor": scene.actor.user_id,
                "fields": sorted(change.changed),
            },
        }
        for change in changes
    ]
    if rows:
        scene.connection.execute(tables.outbox.insert(), rows)


__all__ = [
    "audit_row",
    "differences",
    "queue",
    "queue_events",
    "record_audit",
    "tell_plugins",
    "write_row",
]
