"""Archives records and takes them out again; owned rows go along.

Called by Transaction. Archived records leave lists and pickers; formulas, links and
history keep them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.services.across import check_across, hold_groups
from core.services.batch import Batch, Change
from core.services.errors import Problem, ValidationFailed
from core.services.loader import chunks
from core.services.scene import Scene
from core.services.steps_input import stale
from core.services.touched import Touched, note_changed
from core.services.trail import leave_trace
from core.services.upkeep import settle


def require_archive(entity: CompiledEntity) -> None:
    """Raise ValidationFailed where records are not archived by themselves."""
    if entity.owner is not None and not entity.definition.own_rights:
        message = f"{entity.label} is archived with the record that it is part of."
    elif not entity.definition.archive:
        message = f"{entity.plural} are not archived. Delete what is not needed."
    else:
        return
    raise ValidationFailed([Problem(None, "not_archived", message)])


def set_archived(batch: Batch, archived: bool) -> list[Change]:
    """Archive or restore the batch's records; returns those that changed."""
    scene, entity = batch.scene, batch.entity
    changes = [
        change
        for change in batch.changes
        if change.old is not None
        and not change.failed
        and change.old["archived"] != archived
    ]
    if not changes:
        return []
    stamp = scene.moment.now if archived else None
    for change in changes:
        change.changed.add("archived")
    hold_groups(batch)
    _write(batch, changes, archived)
    for change in changes:
        assert change.old is not None
        change.record.values.update(
            archived=archived,
            archived_at=stamp,
            version=change.old["version"] + 1,
        )
    _with_rows(scene, entity, [c.record.id or 0 for c in changes], archived)
    stamped = frozenset({"archived", "archived_at"})
    updated = [(c.old, c.record, stamped) for c in changes if c.old is not None]
    scene.notes.append(Touched(entity.id, updated=updated))
    settle(scene)
    check_across(batch)
    what = [{"archived": [not archived, archived]} for _ in changes]
    leave_trace(batch, changes, "archived" if archived else "restored", what)
    return changes


def _write(batch: Batch, changes: Sequence[Change], archived: bool) -> None:
    scene, table = batch.scene, batch.entity.table
    statement = (
        table.update()
        .where(
            table.c.id == sa.bindparam("b_id"),
            table.c.version == sa.bindparam("b_version"),
        )
        .values(
            archived=archived,
            archived_at=scene.moment.now if archived else None,
            version=table.c.version + 1,
            updated_at=scene.moment.now,
            updated_by=scene.actor.user_id,
        )
    )
    rows: list[dict[str, Any]] = [
        {"b_id": change.record.id, "b_version": change.old["version"]}
        for change in changes
        if change.old is not None
    ]
    if scene.connection.execute(statement, rows).rowcount == len(rows):
        return
    current = scene.loader.load(batch.entity.id, [row["b_id"] for row in rows])
    for row in rows:
        found = current.get(row["b_id"])
        if found is not None and found["version"] != row["b_version"] + 1:
            raise stale(scene, batch.entity, found, row["b_version"])


def _with_rows(
    scene: Scene, entity: CompiledEntity, ids: Sequence[int], archived: bool
) -> None:
    """Rows share the state of the record that owns them."""
    for lines in entity.lines.values():
        child = scene.runtime.compiled.entity(lines.child)
        column = child.table.c[lines.back]
        for chunk in chunks(ids):
            mine = column.in_(chunk)
            if scene.runtime.compiled.upkeep.of(child.id):
                rows = scene.connection.scalars(sa.select(child.table.c.id).where(mine))
                note_changed(scene, child.id, set(rows), "archived", "archived_at")
            scene.connection.execute(
                child.table.update()
                .where(mine)
                .values(
                    archived=archived,
                    archived_at=scene.moment.now if archived else None,
                )
            )
            if child.lines:
                found = scene.connection.scalars(
                    sa.select(child.table.c.id).where(mine)
                )
                _with_rows(scene, child, list(found), archived)
