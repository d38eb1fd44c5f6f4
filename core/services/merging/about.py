"""What hangs on records beside their fields: timeline, files, ids of other programs."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.services.files.fields import ATTACHED
from core.services.scene import Scene
from core.storage import arrival, file_use, mail, tables
from core.storage.timeline_tables import ABOUT, follower


def move_about(
    scene: Scene, entity: CompiledEntity, survivor: int, others: Sequence[int]
) -> None:
    """Give the survivor comments, attachments, activities, mails, followers and ids."""
    connection = scene.connection
    for table in (*ABOUT, mail, arrival, tables.external_id):
        if table is not follower:
            connection.execute(
                table.update()
                .where(table.c.entity == entity.id, table.c.record.in_(others))
                .values(record=survivor)
            )
    _unite(scene, follower, "person", entity.id, survivor, others)
    attached = file_use.c.field == ATTACHED
    _unite(scene, file_use, "sha256", entity.id, survivor, others, attached)


def _unite(
    scene: Scene,
    table: sa.Table,
    key: str,
    entity: str,
    survivor: int,
    others: Sequence[int],
    *only: sa.ColumnElement[bool],
) -> None:
    """Give rows whose key the survivor may have already to it, each once."""
    connection, here = scene.connection, [table.c.entity == entity, *only]
    keys = sa.select(table.c[key]).where(*here, table.c.record == survivor)
    taken = sa.select(keys.subquery().c[key])
    names = [c.name for c in table.c if c.name != "record"]
    mine = sa.select(
        *(table.c[name] for name in names), sa.literal(survivor)
    ).distinct()
    mine = mine.where(*here, table.c.record.in_(others), table.c[key].not_in(taken))
    connection.execute(table.insert().from_select([*names, "record"], mine))
    connection.execute(table.delete().where(*here, table.c.record.in_(others)))
