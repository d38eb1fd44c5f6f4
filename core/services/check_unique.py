"""Looks for other records with the same unique values, within a batch and stored.

Called by the step `validate`, so that each row gets its own message; the index of the
database has the last word when two writers race.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledUnique
from core.expressions import Record
from core.services.batch import Batch, Change
from core.services.loader import chunks
from core.storage import among

Taken = dict[tuple[Any, ...], Change]


def check_unique(batch: Batch) -> None:
    """Note every record whose unique values another one has."""
    for unique in batch.entity.uniques:
        # Warnings are for people: effects do not answer any.
        if unique.level == "error" or not batch.trusted:
            _unique(batch, unique)


def _unique(batch: Batch, unique: CompiledUnique) -> None:
    taken: Taken = {}
    for change in batch.changes:
        if change.failed or not _is_fresh(change, unique):
            continue
        key = _key(batch, unique, change)
        if key is None:
            continue
        if key in taken:
            _note(batch, unique, change)
        else:
            taken[key] = change
    if not taken:
        return
    given_up = {change.record.id for change in batch.changes if change.old is not None}
    for change, id_, key in _stored(batch, unique, taken):
        if id_ == change.record.id:
            continue
        if id_ in given_up and _gives_up(batch, unique, id_, key):
            continue
        _note(batch, unique, change)


def _is_fresh(change: Change, unique: CompiledUnique) -> bool:
    if change.old is None or (unique.where is not None and unique.level == "error"):
        return True
    return bool(set(unique.fields) & change.changed) or "company" in change.changed


def _gives_up(
    batch: Batch, unique: CompiledUnique, id_: int, key: tuple[Any, ...]
) -> bool:
    """Whether the record that has the values gets others in the same save."""
    for change in batch.changes:
        if change.record.id == id_:
            return bool(_key(batch, unique, change) != key)
    return False


def _key(batch: Batch, unique: CompiledUnique, change: Change) -> Any:
    values = tuple(change.record.values.get(name) for name in unique.fields)
    owner = batch.entity.owner
    if owner is not None and owner.field in unique.fields:
        parent = change.parent
        if parent is not None and parent.record.id is None:
            # Rows of a new document clash with each other only.
            values = tuple(
                -1 - id(parent) if name == owner.field else value
                for name, value in zip(unique.fields, values, strict=True)
            )
    if any(value is None for value in values):
        return None
    where = unique.where
    if where is not None and where.run(batch.env(change)) is not True:
        return None
    if unique.scoped:
        return (*values, change.record.values.get("company") or 0)
    return values


def _stored(
    batch: Batch, unique: CompiledUnique, taken: Taken
) -> Iterable[tuple[Change, int, tuple[Any, ...]]]:
    scene = batch.scene
    statement = scene.runtime.plans.get(
        ("unique", batch.entity.id, unique.id, scene.actor.zone),
        lambda: _statement(batch, unique),
    )
    found: list[tuple[Change, int, tuple[Any, ...]]] = []
    companies = sorted({key[-1] for key in taken}) if unique.scoped else []
    for chunk in chunks(list(dict.fromkeys(key[0] for key in taken))):
        parameters = {**scene.parameters, "firsts": chunk, "companies": companies}
        for row in scene.connection.execute(statement, parameters):
            key = tuple(row[1:])
            change = taken.get(key)
            if change is not None:
                found.append((change, row[0], key))
    return found


def _statement(batch: Batch, unique: CompiledUnique) -> sa.Select[Any]:
    scene, table = batch.scene, batch.entity.table
    columns: list[sa.ColumnElement[Any]] = [table.c[name] for name in unique.fields]
    parts: list[sa.ColumnElement[bool]] = [
        among(columns[0], "firsts", scene.connection)
    ]
    if unique.scoped:
        # As the index has it: a parameter in place of 0 would not match it.
        company = sa.func.coalesce(table.c.company, sa.literal_column("0"))
        columns.append(company)
        parts.append(company.in_(sa.bindparam("companies", expanding=True)))
    if unique.where is not None and unique.where.typed is not None:
        compiled = scene.runtime.compiled
        parts.append(scene.around.condition(unique.where.typed, table, compiled))
    return sa.select(table.c.id, *columns).where(*parts)


def _note(batch: Batch, unique: CompiledUnique, change: Change) -> None:
    field = unique.fields[-1] if len(unique.fields) == 1 else None
    message = unique_message(batch, unique, change.record)
    facts = {"constraint": unique.id}
    if unique.level == "error":
        change.problem(field, "unique", message, facts=facts)
    elif batch.accept_warnings:
        if unique.id not in change.accepted:
            change.accepted.append(unique.id)
    else:
        code = f"{batch.entity.id}/{unique.id}"
        change.problem(field, code, message, "warn", facts)


def unique_message(batch: Batch, unique: CompiledUnique, record: Record) -> str:
    """The sentence for a value that is taken."""
    if unique.message is not None:
        reads = unique.message.reads
        batch.scene.loader.fill(batch.entity.id, [record], reads.this)
        return unique.message.run(batch.scene.env(reads, this=record))
    fields = [batch.entity.fields[name] for name in unique.fields]
    if len(fields) == 1:
        value = record.values.get(unique.fields[0])
        return f"{fields[0].label} '{value}' is already taken. Choose another."
    names = ", ".join(field.label for field in fields)
    return f"There is already a {batch.entity.label} with the same {names}."
