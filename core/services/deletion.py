"""Deletes, archives and restores records, with everything that hangs on them.

Called by Transaction and for removed lines. What still leads to a record decides: a
restricting link refuses and says by what, a clearing one is emptied, owned rows go too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.batch import Batch, Change
from core.services.errors import Problem, RuleBroken
from core.services.identity import keep_back
from core.services.scene import Scene
from core.services.steps_store import differences, queue
from core.storage import tables

_CHUNK = 5000


def delete_rows(scene: Scene, entity: CompiledEntity, rows: Sequence[Record]) -> None:
    """Delete rows and the rows they own; RuleBroken if something restricts it."""
    ids = [row.id for row in rows if row.id is not None]
    if not ids:
        return
    for other_id, name, rule in leading_here(scene, entity.id):
        other = scene.runtime.compiled.entity(other_id)
        if other.fields[name].kind == "links":
            _unlink(scene, other, name, ids)
            continue
        waiting = _leading(scene, other, name, entity.id, ids)
        if not waiting:
            continue
        if rule == "cascade":
            delete_rows(scene, other, waiting)
        elif rule == "clear":
            _clear(scene, other, name, waiting)
        else:
            raise _restricted(scene, entity, rows, other, waiting)
    for name, association in entity.associations.items():
        table = association.table
        if isinstance(table, sa.Table) and name in entity.fields:
            scene.connection.execute(table.delete().where(table.c.source.in_(ids)))
    keep_back(scene.connection, entity.table, ids)
    table = entity.table
    scene.connection.execute(table.delete().where(table.c.id.in_(ids)))
    external = tables.external_id
    scene.connection.execute(
        external.delete().where(
            external.c.entity == entity.id, external.c.record.in_(ids)
        )
    )


def leading_here(scene: Scene, entity: str) -> Iterable[tuple[str, str, str]]:
    """(entity, field, on_delete) of every link and list that may lead here."""
    registry = scene.runtime.compiled.registry

    def make() -> tuple[tuple[str, str, str], ...]:
        found = []
        for other, definition in registry.entities.items():
            for name, field in definition.fields.items():
                kind = scene.runtime.compiled.catalog[field.type].member_kind.value
                targets = field.to or ((field.of,) if field.of else ())
                if entity in targets and kind in ("link", "reference", "links"):
                    owned = name in definition.part_of
                    rule = "cascade" if owned else field.on_delete
                    found.append((other, name, rule))
        return tuple(found)

    leading: tuple[tuple[str, str, str], ...] = scene.runtime.plans.get(
        ("leading", entity), make
    )
    return leading


def _leading(
    scene: Scene, other: CompiledEntity, name: str, entity: str, ids: Sequence[int]
) -> list[Record]:
    column = other.table.c[name]
    found: list[Record] = []
    for start in range(0, len(ids), _CHUNK):
        condition: sa.ColumnElement[bool] = column.in_(ids[start : start + _CHUNK])
        if other.fields[name].kind == "reference":
            condition = sa.and_(condition, other.table.c[f"{name}_entity"] == entity)
        found.extend(scene.loader.where(other.id, condition))
    return found


def _unlink(scene: Scene, other: CompiledEntity, name: str, ids: Sequence[int]) -> None:
    table = scene.runtime.compiled.association_tables[other.id, name]
    if isinstance(table, sa.Table):
        scene.connection.execute(table.delete().where(table.c.target.in_(list(ids))))


def _clear(
    scene: Scene, other: CompiledEntity, name: str, rows: Sequence[Record]
) -> None:
    table = other.table
    values: dict[str, Any] = dict.fromkeys(other.fields[name].columns)
    ids = [row.id for row in rows]
    scene.connection.execute(
        table.update()
        .where(table.c.id.in_(ids))
        .values({**values, "version": table.c.version + 1})
    )


def _restricted(
    scene: Scene,
    entity: CompiledEntity,
    rows: Sequence[Record],
    other: CompiledEntity,
    waiting: Sequence[Record],
) -> RuleBroken:
    word = other.label if len(waiting) == 1 else other.plural
    message = (
        f"This {entity.label} cannot be deleted: {len(waiting)} {word} "
        f"lead to it. Archive it, or change them first."
    )
    problem = Problem(
        None,
        "restricted",
        message,
        facts={"entity": other.id, "count": len(waiting)},
    )
    return RuleBroken([problem])


def set_archived(batch: Batch, archived: bool) -> list[Change]:
    """Archive or restore the batch's records; returns those that changed."""
    scene, entity = batch.scene, batch.entity
    changes = [c for c in batch.changes if c.old and c.old["archived"] != archived]
    now = scene.moment.now
    table = entity.table
    for change in changes:
        change.record.values.update(
            archived=archived,
            archived_at=now if archived else None,
            version=change.record["version"] + 1,
        )
    if changes:
        ids = [change.record.id for change in changes]
        scene.connection.execute(
            table.update()
            .where(table.c.id.in_(ids))
            .values(
                archived=archived,
                archived_at=now if archived else None,
                version=table.c.version + 1,
                updated_at=now,
                updated_by=scene.actor.user_id,
            )
        )
    word = "archived" if archived else "restored"
    _note(batch, changes, word, {"archived": [not archived, archived]})
    return changes


def remove(batch: Batch) -> None:
    """Delete the batch's records; their last state stays in the audit."""
    scene, entity = batch.scene, batch.entity
    rows = []
    for change in batch.changes:
        whole = differences(entity, change.record, None, set(entity.fields))
        change.record.values["version"] += 1
        rows.append((change, whole))
    delete_rows(scene, entity, [change.record for change in batch.changes])
    for change, whole in rows:
        _note(batch, [change], "deleted", whole)


def _note(
    batch: Batch, changes: Sequence[Change], word: str, what: dict[str, Any]
) -> None:
    scene = batch.scene
    rows = [
        {
            "at": scene.moment.now,
            "actor": scene.actor.user_id,
            "via": batch.via,
            "entity": batch.entity.id,
            "record": change.record.id,
            "version": change.record["version"],
            "action": word,
            "changes": what,
        }
        for change in changes
    ]
    if rows:
        scene.connection.execute(tables.audit.insert(), rows)
        queue(batch, word, changes)
