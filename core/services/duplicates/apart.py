"""Pairs of records that somebody has declared to be two: they are no longer suspected.

Called by pages and the API; the look for duplicates leaves such pairs out. Who may
merge two records may keep them apart, and take that back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.frozen import frozen
from core.services.merging.merge import check_mergeable
from core.storage import tables

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.scene import Scene
    from core.services.transactions import Transaction

#: So many pairs are shown as kept apart, the latest first.
MOST = 1000


@frozen
class Apart:
    """Two records that are not the same, the older first; who said so, and when."""

    first: int
    second: int
    at: datetime
    by: int | None


def keep_apart(tx: Transaction, entity: str, one: int, other: int) -> None:
    """Declare two records to be different; nothing if they are already."""
    first, second = _checked(tx, entity, one, other)
    table, connection = tables.apart, tx.scene.connection
    # Two who say the same at once are both right.
    tx.scene.begin_writing()
    connection.execute(_pair(sa.delete(table), entity, first, second))
    connection.execute(
        table.insert().values(
            entity=entity,
            first=first,
            second=second,
            at=tx.scene.moment.now,
            by=tx.actor.user_id,
        )
    )


def bring_together(tx: Transaction, entity: str, one: int, other: int) -> bool:
    """Take that back; False if the two were not kept apart."""
    first, second = _checked(tx, entity, one, other)
    found = tx.scene.connection.execute(
        _pair(sa.delete(tables.apart), entity, first, second)
    )
    return bool(found.rowcount)


def kept_apart(reader: Reader, entity: str) -> list[Apart]:
    """Return the pairs of which the actor may read both records, the latest first."""
    reader.access.require(entity, "read")
    table = tables.apart
    statement = (
        sa.select(table.c.first, table.c.second, table.c.at, table.c.by)
        .where(table.c.entity == entity)
        .order_by(table.c.at.desc(), table.c.second.desc(), table.c.first.desc())
        .limit(MOST)
    )
    pairs = [Apart(*row) for row in reader.scene.connection.execute(statement)]
    ids = {id_ for pair in pairs for id_ in (pair.first, pair.second)}
    seen = reader.permitted(entity, "read", sorted(ids)) if ids else set()
    return [pair for pair in pairs if {pair.first, pair.second} <= seen]


def pairs_apart(scene: Scene, entity: str) -> frozenset[tuple[int, int]]:
    """All pairs of an entity that are not the same."""
    table = tables.apart
    statement = sa.select(table.c.first, table.c.second).where(table.c.entity == entity)
    return frozenset((row[0], row[1]) for row in scene.connection.execute(statement))


def others_apart(scene: Scene, entity: str, id: int | None) -> frozenset[int]:
    """The records that are not the same as this one."""
    if id is None:
        return frozenset()
    table = tables.apart
    here = sa.or_(table.c.first == id, table.c.second == id)
    statement = sa.select(table.c.first, table.c.second).where(
        table.c.entity == entity, here
    )
    rows = scene.connection.execute(statement)
    return frozenset(one for row in rows for one in row if one != id)


def forget_pairs(scene: Scene, entity: str, ids: Iterable[int]) -> None:
    """Pairs of records that are gone."""
    table, gone = tables.apart, list(ids)
    for column in (table.c.first, table.c.second):
        scene.connection.execute(
            table.delete().where(table.c.entity == entity, column.in_(gone))
        )


def _checked(tx: Transaction, entity: str, one: int, other: int) -> tuple[int, int]:
    compiled = tx.runtime.compiled.entity(entity)
    check_mergeable(tx.scene, compiled, [one, other])
    return min(one, other), max(one, other)


def _pair(statement: sa.Delete, entity: str, first: int, second: int) -> sa.Delete:
    table = tables.apart
    return statement.where(
        table.c.entity == entity, table.c.first == first, table.c.second == second
    )


__all__ = [
    "Apart",
    "bring_together",
    "forget_pairs",
    "keep_apart",
    "kept_apart",
    "others_apart",
    "pairs_apart",
]
