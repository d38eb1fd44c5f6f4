"""A saved record as its writer may see it: readable fields only.

Called by Transaction after a save; what is computed on read is there if the save needed
it, `get` gives the rest.
"""

from __future__ import annotations

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.scene import Scene
from core.services.steps_input import permitted


def as_seen(scene: Scene, entity: CompiledEntity, record: Record) -> Record:
    """Return the record without what the actor may not read, and without relations."""
    if _is_hidden(scene, entity, record):
        kept = {"id": record.id, "version": record.values.get("version")}
        return Record(record.entity, record.id, kept)
    rights = scene.access.of(entity.id)
    readable = scene.readable_names(entity.id)
    if entity.owner is not None:
        readable |= {"position"}
    values = {
        name: value
        for name, value in record.values.items()
        if name in readable and not name.endswith("__fold")
    }
    for name, field in entity.fields.items():
        if field.type.write_only:
            values.pop(name, None)
    for name, test in rights.read_conditions.items():
        if name in values:
            scene.loader.fill(entity.id, [record], test.reads.this)
            if test.run(scene.env(test.reads, this=record)) is not True:
                values[name] = None
    return Record(record.entity, record.id, values)


def _is_hidden(scene: Scene, entity: CompiledEntity, record: Record) -> bool:
    """Whether the actor wrote a record that he may not see."""
    rights = scene.access.of(entity.id)
    if record.id is None or rights.parent is not None:
        return False
    if not rights.can("read"):
        return not scene.access.map.admin and not rights.can("create")
    rule = rights.rows("read")
    if rule.unrestricted or rule == rights.rows("update"):
        return False
    return record.values.get("version") != 1 and not permitted(
        scene, entity, "read", [record.id]
    )
