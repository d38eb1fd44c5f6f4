"""Inputs that stand empty because their values may not be read: they clear nothing.

Called before a form is saved; for a record's fields and for those of its lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.compiler import CompiledEntity
from core.services import Reader
from core.services.hidden import hidden_fields


def without_hidden(
    reader: Reader, entity: CompiledEntity, id_: int | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values without empty ones of fields whose stored value was not shown."""
    if id_ is None:
        closed = frozenset(entity.fields) - reader.access.of(entity.id).readable
    else:
        closed = hidden_fields(reader.scene, entity.id, [id_])[id_]
    kept: dict[str, Any] = {}
    for name, value in values.items():
        lines = entity.lines.get(name)
        unseen = lines is not None and id_ is not None
        if name in closed and (unseen or _is_empty(value)):
            # Rows that were not shown were not sent either: they stay as they are.
            continue
        if lines is not None:
            child = reader.runtime.compiled.entity(lines.child)
            value = [without_hidden(reader, child, row.get("id"), row) for row in value]
        kept[name] = value
    return kept


def _is_empty(value: Any) -> bool:
    """Whether an untouched input sends this; a typed 0 is not empty."""
    if isinstance(value, tuple | list):
        return not value
    return value is None or value is False or value == ""
