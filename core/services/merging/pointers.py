"""Where records went that were merged, so that their old addresses lead on."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.services.scene import Scene
from core.storage import tables


def point(scene: Scene, entity: str, survivor: int, others: Sequence[int]) -> None:
    """Let records, and those that became them before, lead to the survivor."""
    table = tables.merged
    here = table.c.entity == entity
    connection = scene.connection
    connection.execute(table.delete().where(here, table.c.record.in_(others)))
    connection.execute(
        table.update()
        .where(here, table.c.survivor.in_(others))
        .values(survivor=survivor)
    )
    stamps = {"at": scene.moment.now, "actor": scene.actor.user_id}
    rows = [
        {"entity": entity, "record": one, "survivor": survivor, **stamps}
        for one in others
    ]
    connection.execute(table.insert(), rows)


def survivor_of(scene: Scene, entity: str, id_: int) -> int | None:
    """The record that stands for one that was merged; None if it stands for itself.

    A record that somebody took out of the archive again stands for itself.
    """
    compiled = scene.runtime.compiled.entity(entity)
    if compiled.duplicates is None:
        return None
    table = tables.merged
    statement = sa.select(table.c.survivor).where(
        table.c.entity == entity, table.c.record == id_
    )
    found: int | None = scene.connection.scalar(statement)
    if found is None or not compiled.definition.archive:
        return found
    rows = compiled.table
    lives = sa.select(rows.c.id).where(rows.c.id == id_, rows.c.archived.is_(False))
    return found if scene.connection.scalar(lives) is None else None
