"""A copy of a record, without what is not to be copied. Called by forms and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Record

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction


def values_for_copy(
    reader: Reader, entity: str, id_: int, keep: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what a new record like this one is created with; lines as new rows.

    keep: fields that are taken along although their definition says no.
    """
    record = reader.get(entity, id_)
    return _values(reader, reader.runtime.compiled.entity(entity), record, keep)


def copy_whole(
    tx: Transaction,
    entity: str,
    id: int,
    values: Mapping[str, Any],
    keep: Sequence[str] = (),
) -> int:
    """Copy for an effect, whatever the actor may read; returns the new record's id."""
    from core.services.reader import Reader as Asking

    everything = replace(tx.actor, is_admin=True)
    reader = Asking(tx.runtime, tx.scene.connection, everything)
    taken = {**values_for_copy(reader, entity, id, keep), **values}
    shown = reader.evaluate(entity, taken).visible
    kept = {n: v for n, v in taken.items() if n in shown or n in values}
    return tx.create(entity, kept).id or 0


def copy_record(
    tx: Transaction,
    entity: str,
    id: int,
    values: Mapping[str, Any] | None = None,
    accept_warnings: bool = False,
) -> Record:
    """Create a record like another one; `values` stand instead of what it holds."""
    taken = {**tx.copy(entity, id), **(values or {})}
    shown = tx.evaluate(entity, taken).visible
    # What the copy would not show, such as the end of a state, is not taken along.
    kept = {
        name: value
        for name, value in taken.items()
        if name in shown or name in (values or {})
    }
    return tx.create(entity, kept, accept_warnings=accept_warnings)


def _values(
    reader: Reader,
    compiled: CompiledEntity,
    record: Record,
    keep: Sequence[str] = (),
) -> dict[str, Any]:
    writable = reader.access.of(compiled.id).writable
    values: dict[str, Any] = {}
    for name, field in compiled.fields.items():
        if name not in writable or not (name in keep or copied(field)):
            continue
        if compiled.owner is not None and name == compiled.owner.field:
            continue
        if field.kind == "lines":
            child = reader.runtime.compiled.entity(compiled.lines[name].child)
            rows = record.relations.get(name, ())
            values[name] = [_values(reader, child, row) for row in rows]
        elif name in record.values:
            values[name] = record.values[name]
    return values


def copied(field: CompiledField) -> bool:
    """Whether a copy takes the field along.

    Unique values and numbers never go, nor what nobody sets by hand: states, and rows
    that are built.
    """
    definition = field.definition
    if field.computed or not field.writable or field.kind == "group":
        return False
    if field.build is not None:
        return False
    if definition.copy is not None:
        return definition.copy
    if definition.readonly is True:
        return False
    return not definition.unique and field.numbering is None
