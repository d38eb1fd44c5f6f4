"""The step that writes rows, and the two right after it.

Steps `write_row`, `confirm_access` and `tell_plugins` of core.services.write. All
statements are batches; numbers are drawn right before the rows are written, so that a
series is locked for as short as possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.expressions import Record
from core.services.associate import associate
from core.services.batch import Batch, Change, Lines, below
from core.services.check_unique import unique_message
from core.services.errors import NotAllowed, Problem, ValidationFailed
from core.services.identity import given_ids, next_ids
from core.services.numbering import draw_numbers
from core.services.rows import RowMaker, row_maker
from core.services.steps_input import permitted, stale
from core.services.trees import follow_moves, place_new
from core.storage import insert_rows, violation_of


def write_row(batch: Batch) -> None:
    """Write the records of a batch, then their lines and many-to-many rows."""
    try:
        if batch.verb == "create":
            _insert(batch)
        else:
            _update(batch)
            follow_moves(batch)
        associate(batch)
    except IntegrityError as error:
        raise _violated(batch, error) from error
    for lines in batch.lines:
        _write_lines(lines)


def _insert(batch: Batch) -> None:
    changes = batch.alive
    if not changes:
        return
    scene, entity = batch.scene, batch.entity
    draw_numbers(batch)
    _give_ids(batch, changes)
    place_new(batch)
    stamps = {
        "version": 1,
        "created_at": scene.moment.now,
        "created_by": scene.actor.user_id,
        "updated_at": scene.moment.now,
        "updated_by": scene.actor.user_id,
    }
    owner = entity.owner
    maker = row_maker(scene.runtime, entity)
    rows = []
    for change in changes:
        values = change.record.values
        values.update(stamps)
        if owner is not None:
            values.setdefault("position", 0)
            if change.parent is not None:
                values[owner.field] = change.parent.record.id
        rows.append(maker.whole(values))
    insert_rows(scene.connection, entity.table, rows)


def _give_ids(batch: Batch, changes: Sequence[Change]) -> None:
    connection, table = batch.scene.connection, batch.entity.table
    fresh = [change for change in changes if change.record.id is None]
    if len(fresh) < len(changes):
        mirrored = [c.record.id for c in changes if c.record.id is not None]
        given_ids(connection, table, mirrored)
    if fresh:
        ids = next_ids(connection, table, len(fresh))
        for change, id_ in zip(fresh, ids, strict=True):
            change.record.id = id_
    for change in changes:
        change.record.values["id"] = change.record.id


def _update(batch: Batch) -> None:
    scene = batch.scene
    if batch.draws:
        draw_numbers(batch)
    maker = row_maker(scene.runtime, batch.entity)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in batch.changes:
        if change.failed or not change.changed:
            continue
        assert change.old is not None
        values = change.record.values
        version = change.old["version"]
        values.update(
            version=version + 1,
            updated_at=scene.moment.now,
            updated_by=scene.actor.user_id,
        )
        row = _changed_columns(maker, change)
        row["b_id"], row["b_version"] = change.record.id, version
        groups.setdefault(tuple(sorted(row)), []).append(row)
    for keys, rows in groups.items():
        _update_group(batch, keys, rows)


def _changed_columns(maker: RowMaker, change: Change) -> dict[str, Any]:
    row = maker.some(change.record.values, change.changed)
    return {f"v_{key}": value for key, value in row.items()}


def _update_group(
    batch: Batch, keys: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    scene, entity = batch.scene, batch.entity
    statement = scene.runtime.plans.get(
        ("update", entity.id, keys), lambda: _statement(entity.table, keys)
    )
    common = {"b_now": scene.moment.now, "b_me": scene.actor.user_id}
    done = scene.connection.execute(statement, [{**row, **common} for row in rows])
    if done.rowcount != len(rows):
        _find_stale(batch, rows)


def _statement(table: sa.Table, keys: Sequence[str]) -> sa.Update:
    names = [key.removeprefix("v_") for key in keys if key.startswith("v_")]
    values: dict[str, Any] = {name: sa.bindparam(f"v_{name}") for name in names}
    values["version"] = sa.bindparam("b_version") + 1
    values["updated_at"] = sa.bindparam("b_now")
    values["updated_by"] = sa.bindparam("b_me")
    return (
        table.update()
        .where(
            table.c.id == sa.bindparam("b_id"),
            table.c.version == sa.bindparam("b_version"),
        )
        .values(values)
    )


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


def _write_lines(lines: Lines) -> None:
    from core.services.deletion import delete_rows

    failed = {change.row for change in _parents(lines) if change.failed}
    gone = [
        row
        for place, rows in lines.removed.items()
        if place not in failed
        for row in rows
    ]
    for part in lines.batches:
        for change in part.changes:
            if change.parent is not None and change.parent.failed:
                change.failed = True
    if gone:
        delete_rows(lines.created.scene, lines.created.entity, gone, followed=True)
    for part in lines.batches:
        write_row(part)


def _parents(lines: Lines) -> list[Change]:
    every = (c.parent for part in lines.batches for c in part.changes)
    return [parent for parent in every if parent is not None]


def _violated(batch: Batch, error: IntegrityError) -> Exception:
    """The database refused what a check before could not see: somebody was faster."""
    violation = violation_of(error)
    entity = batch.entity
    found = entity.unique_at(violation.name, violation.columns)
    for unique in entity.uniques:
        if unique.id == found:
            record = batch.records[0]
            field = unique.fields[0] if len(unique.fields) == 1 else None
            if len(batch.records) == 1 and batch.scene.connection.dialect.name != (
                "postgresql"
            ):
                message = unique_message(batch, unique, record)
            else:
                message = _taken(batch, unique.fields)
            return ValidationFailed([Problem(field, "unique", message)])
    if violation.kind == "foreign_key":
        message = "A record that this one leads to was deleted meanwhile. Choose again."
        return ValidationFailed([Problem(None, "unknown_target", message)])
    message = "The database refused these values. Reload the record and try again."
    return ValidationFailed([Problem(None, violation.kind, message)])


def _taken(batch: Batch, names: Sequence[str]) -> str:
    """Said without a look at the database, which an error has closed for now."""
    labels = ", ".join(batch.entity.fields[name].label for name in names)
    if len(batch.records) == 1 and len(names) == 1:
        value = batch.records[0].values.get(names[0])
        return f"{labels} '{value}' is already taken. Choose another."
    return f"There is already a {batch.entity.label} with the same {labels}."


def confirm_access(batch: Batch) -> None:
    """A grant's condition must hold after the write as it did before.

    Nobody may create a record, or change one into a record, that is out of his reach.
    """
    for child in below(batch):
        if child.entity.definition.own_rights:
            confirm_access(child)
    if batch.trusted:
        return
    ids = [c.record.id for c in batch.alive if c.old is None or c.changed]
    if not ids:
        return
    kept = permitted(batch.scene, batch.entity, batch.verb, ids)
    lost = [change for change in batch.alive if change.record.id not in kept]
    lost = [change for change in lost if change.old is None or change.changed]
    if not lost:
        return
    entity = batch.entity
    raise NotAllowed(
        f"You may not {batch.verb} this {entity.label} with these values: "
        "it would be out of your reach afterwards.",
        entity=entity.id,
        verb=batch.verb,
        rows=[change.row for change in lost],
    )


def tell_plugins(batch: Batch) -> None:
    """Let modules write more, in the same transaction."""
    for child in below(batch):
        tell_plugins(child)
    plugins = batch.scene.runtime.plugins
    if plugins is None or not plugins.modules:
        return
    done = [change for change in batch.alive if change.old is None or change.changed]
    if done:
        plugins.after_save(batch.tx, batch.entity.id, done)


__all__ = ["confirm_access", "tell_plugins", "write_row"]
