"""Which fields of an entity hold files; asked on every save, so it is kept.

Used by the steps of this package.
"""

from __future__ import annotations

from core.compiler import CompiledEntity
from core.fieldtypes import Value
from core.fieldtypes.files import FileType, StoredFile
from core.services.runtime import Runtime

#: Under this field a use by an attachment is noted.
ATTACHED = ""


def file_fields(runtime: Runtime, entity: CompiledEntity) -> tuple[str, ...]:
    """The names of the stored fields with files."""

    def find() -> tuple[str, ...]:
        return tuple(
            name
            for name, field in entity.fields.items()
            if isinstance(field.type, FileType) and name not in entity.virtuals
        )

    found: tuple[str, ...] = runtime.plans.get(("file fields", entity.id), find)
    return found


def files_in(value: Value) -> tuple[StoredFile, ...]:
    """The files of a field's value, none for an empty one."""
    if value is None:
        return ()
    return (value,) if isinstance(value, StoredFile) else tuple(value)
