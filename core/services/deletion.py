"""Deletes records, with everything that hangs on them.

Called by Transaction and for removed lines. What still leads to a record decides: a
restricting link refuses and says by what, a clearing one is emptied, owned rows go too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.across import Affected, check_across, hold_touched
from core.services.assigning import forget_assigned
from core.services.batch import Batch
from core.services.clocks.following import forget_clocks
from core.services.errors import Problem, RuleBroken
from core.services.files.uses import release
from core.services.flows.ending import forget_flows
from core.services.identity import keep_back
from core.services.loader import chunks
from core.services.reactions import fetch_leaving
from core.services.scene import Scene
from core.services.timeline.removal import forget
from core.services.timers import forget_timers
from core.services.touched import Touched, note_changed, note_removed
from core.services.trail import gone, leave_trace
from core.services.trees import move
from core.services.upkeep import settle
from core.storage import tables


def remove(batch: Batch) -> None:
    """Delete the batch's records; their last state stays in the audit."""
    scene, entity = batch.scene, batch.entity
    records = [change.record for change in batch.changes]
    scene.loader.fill_lines(entity.id, records)
    scene.loader.fill_keys(entity.id, records, entity.associations)
    last = [gone(scene, entity, record) for record in records]
    fetch_leaving(batch)
    scene.gone.clear()
    hold_touched(scene, Affected(entity, gone=records))
    delete_rows(scene, entity, records)
    settle(scene)
    check_across(batch)
    for change in batch.changes:
        change.record.values["version"] += 1
    leave_trace(batch, batch.changes, "deleted", last)


def delete_rows(
    scene: Scene,
    entity: CompiledEntity,
    rows: Sequence[Record],
    *,
    followed: bool = False,
) -> None:
    """Delete rows and the rows they own; RuleBroken if something restricts it.

    followed: the caller itself sees to the formulas that read these rows.
    """
    ids = [row.id for row in rows if row.id is not None]
    if not ids:
        return
    if not followed:
        note_removed(scene, entity, rows)
    for other_id, name, rule in leading_here(scene, entity.id):
        _detach(scene, entity, ids, other_id, name, rule)
    for name, association in entity.associations.items():
        table = association.table
        if isinstance(table, sa.Table) and name in entity.fields:
            scene.connection.execute(table.delete().where(table.c.source.in_(ids)))
    if entity.across:
        scene.gone.append((entity.id, list(rows)))
    release(scene, entity, ids)
    _forget_all(scene, entity, ids)
    if entity.duplicates is not None:
        from core.services.duplicates.apart import forget_pairs

        forget_pairs(scene, entity.id, ids)
    keep_back(scene.connection, entity.table, ids)
    table, external = entity.table, tables.external_id
    for chunk in chunks(ids):
        scene.connection.execute(table.delete().where(table.c.id.in_(chunk)))
        scene.connection.execute(
            external.delete().where(
                external.c.entity == entity.id, external.c.record.in_(chunk)
            )
        )


def _forget_all(scene: Scene, entity: CompiledEntity, ids: Sequence[int]) -> None:
    """Take what the platform keeps about the rows away with them."""
    forget(scene, entity, ids)
    forget_timers(scene, entity, ids)
    forget_flows(scene, entity.id, ids)
    forget_assigned(scene, entity.id, ids)
    forget_clocks(scene, entity.id, ids)


def _detach(
    scene: Scene,
    entity: CompiledEntity,
    ids: Sequence[int],
    other_id: str,
    name: str,
    rule: str,
) -> None:
    """Do with what leads to the rows as the link's `on_delete` says."""
    other = scene.runtime.compiled.entity(other_id)
    if other.fields[name].kind == "links":
        _unlink(scene, other, name, ids)
        return
    waiting = _leading(scene, other, name, entity.id, ids)
    going = set(ids) if other_id == entity.id else set()
    waiting = [row for row in waiting if row.id not in going]
    if not waiting:
        return
    if rule == "cascade":
        delete_rows(scene, other, waiting)
    elif rule == "clear":
        _clear(scene, other, name, waiting)
    else:
        raise _restricted(entity, other, waiting)


def leading_here(scene: Scene, entity: str) -> Iterable[tuple[str, str, str]]:
    """(entity, field, on_delete) of every link and list that may lead here."""
    compiled = scene.runtime.compiled

    def make() -> tuple[tuple[str, str, str], ...]:
        found = []
        for other, definition in compiled.registry.entities.items():
            for name, field in compiled.entity(other).fields.items():
                if entity not in field.targets:
                    continue
                if field.kind in ("link", "reference", "links"):
                    owned = name in definition.part_of
                    rule = "cascade" if owned else field.definition.on_delete
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
    for chunk in chunks(ids):
        condition: sa.ColumnElement[bool] = column.in_(chunk)
        if other.fields[name].kind == "reference":
            condition = sa.and_(condition, other.table.c[f"{name}_entity"] == entity)
        found.extend(scene.loader.where(other.id, condition))
    return found


def _unlink(scene: Scene, other: CompiledEntity, name: str, ids: Sequence[int]) -> None:
    table = scene.runtime.compiled.association_tables[other.id, name]
    if isinstance(table, sa.Table):
        here = table.c.target.in_(list(ids))
        if scene.runtime.compiled.upkeep.of(other.id):
            sources = scene.connection.scalars(sa.select(table.c.source).where(here))
            note_changed(scene, other.id, set(sources), name)
        scene.connection.execute(table.delete().where(here))


def _clear(
    scene: Scene, other: CompiledEntity, name: str, rows: Sequence[Record]
) -> None:
    table = other.table
    scene.notes.append(
        Touched(
            other.id,
            updated=[
                (row, row.with_values({name: None}), frozenset({name})) for row in rows
            ],
        )
    )
    values: dict[str, Any] = dict.fromkeys(other.fields[name].columns)
    for chunk in chunks([row.id for row in rows if row.id is not None]):
        scene.connection.execute(
            table.update()
            .where(table.c.id.in_(chunk))
            .values({**values, "version": table.c.version + 1})
        )
    if other.tree == name:
        move(scene, other, {row.id: None for row in rows if row.id is not None})


def _restricted(
    entity: CompiledEntity, other: CompiledEntity, waiting: Sequence[Record]
) -> RuleBroken:
    number = len(waiting)
    what = f"1 {other.label} leads" if number == 1 else f"{number} {other.plural} lead"
    way = "Archive it, or change" if entity.definition.archive else "Change"
    message = (
        f"This {entity.label} cannot be deleted: {what} to it. "
        f"{way} {'it' if number == 1 else 'them'} first."
    )
    facts = {"entity": other.id, "count": number}
    return RuleBroken([Problem(None, "restricted", message, facts=facts)])
