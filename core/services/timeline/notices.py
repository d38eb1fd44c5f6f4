"""Followers of records, and what people are told: an unread list for each of them.

A notice only says that something happened at a record; who may no longer read the
record no longer sees it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.frozen import frozen
from core.services.timeline.about import insert, require_timeline
from core.storage.timeline_tables import follower, notice_text, notification

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction


@frozen
class Notice:
    """One thing somebody is told: who did what at which record, or a message."""

    id: int
    at: datetime
    author: int | None
    kind: str
    entity: str
    record: int
    title: str
    read: bool
    text: str = ""
    level: str = ""


def _mine(entity: str, record: int, person: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        follower.c.entity == entity,
        follower.c.record == record,
        follower.c.person == person,
    )


def follows(reader: Reader, entity: str, record: int) -> bool:
    """Whether the actor follows a record."""
    mine = _mine(entity, record, reader.actor.user_id or 0)
    found = reader.scene.connection.execute(sa.select(follower.c.person).where(mine))
    return found.first() is not None


def follow(tx: Transaction, entity: str, record: int, on: bool = True) -> None:
    """Let the actor follow a record he may read, or no longer."""
    require_timeline(tx, entity, record)
    person = tx.actor.user_id
    if person is None or follows(tx, entity, record) == on:
        return
    tx.scene.begin_writing()
    connection = tx.scene.connection
    if on:
        row = {"entity": entity, "record": record, "person": person}
        connection.execute(sa.insert(follower).values(**row))
    else:
        mine = _mine(entity, record, person)
        connection.execute(follower.delete().where(mine))


def followers(reader: Reader, entity: str, record: int) -> list[int]:
    """The people who follow a record."""
    about = sa.and_(follower.c.entity == entity, follower.c.record == record)
    query = sa.select(follower.c.person).where(about).order_by(follower.c.person)
    return list(reader.scene.connection.scalars(query))


def notify(
    tx: Transaction, entity: str, record: int, kind: str, mentioned: set[int]
) -> None:
    """Tell followers, and those who are named; nobody is told of his own doing."""
    rows = followers(tx, entity, record)
    kinds = dict.fromkeys(rows, kind) | dict.fromkeys(
        mentioned, "mention" if kind == "comment" else kind
    )
    kinds.pop(tx.actor.user_id or 0, None)
    for person, told in sorted(kinds.items()):
        insert(tx, notification, entity=entity, record=record, person=person, kind=told)


def unread(reader: Reader) -> int:
    """How many notices wait for the actor."""
    statement = sa.select(sa.func.count()).where(
        notification.c.person == (reader.actor.user_id or 0),
        notification.c.read_at.is_(None),
    )
    return int(reader.scene.connection.execute(statement).scalar_one())


def notices(reader: Reader, limit: int = 100) -> list[Notice]:
    """The actor's latest notices about records that he may read now."""
    statement = (
        sa.select(notification, notice_text.c.text, notice_text.c.level)
        .outerjoin(notice_text, notice_text.c.notice == notification.c.id)
        .where(notification.c.person == (reader.actor.user_id or 0))
        .order_by(notification.c.id.desc())
        .limit(limit)
    )
    rows = reader.scene.connection.execute(statement).all()
    known = reader.runtime.compiled.registry.entities
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.entity in known and reader.access.can(row.entity, "read"):
            wanted.setdefault(row.entity, set()).add(row.record)
    titles = {
        (entity, id_): title
        for entity, ids in wanted.items()
        for id_, title in reader.titles(entity, sorted(ids)).items()
    }
    return [
        Notice(
            row.id,
            row.at,
            row.author,
            row.kind,
            row.entity,
            row.record,
            titles[row.entity, row.record],
            row.read_at is not None,
            row.text or "",
            row.level or "",
        )
        for row in rows
        if (row.entity, row.record) in titles
    ]


def mark_read(tx: Transaction, id: int | None = None) -> None:
    """Mark one notice of the actor as read, or all of them."""
    tx.scene.begin_writing()
    mine = [
        notification.c.person == (tx.actor.user_id or 0),
        notification.c.read_at.is_(None),
    ]
    if id is not None:
        mine.append(notification.c.id == id)
    tx.scene.connection.execute(
        notification.update().where(*mine).values(read_at=tx.scene.moment.now)
    )
