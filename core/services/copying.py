"""Values for a copy of a record, without what is not to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Record

if TYPE_CHECKING:
    from core.services.reader import Reader


def values_for_copy(reader: Reader, entity: str, id_: int) -> dict[str, Any]:
    """Return what a new record like this one is created with; lines as new rows."""
    record = reader.get(entity, id_)
    return _values(reader, reader.runtime.compiled.entity(entity), record)


def _values(reader: Reader, compiled: CompiledEntity, record: Record) -> dict[str, Any]:
    writable = reader.access.of(compiled.id).writable
    values: dict[str, Any] = {}
    for name, field in compiled.fields.items():
        if name not in writable or not copied(field):
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
    """Whether a copy takes the field along; unique values and numbers never go."""
    definition = field.definition
    if field.computed or not field.writable or field.kind == "group":
        return False
    if definition.copy is not None:
        return definition.copy
    return not definition.unique and field.numbering is None
