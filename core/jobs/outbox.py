"""Hands events of the outbox to whoever waits for them, as jobs.

Called by the dispatcher. Events and their jobs change in one transaction, by one
process at a time, so an event becomes each of its jobs once and in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from core.frozen import frozen
from core.storage import Database, flow_heard, insert_rows, job, waiting_job
from core.storage.tables import outbox

#: So many events are looked at in one transaction.
BATCH = 500
#: How long an event is kept after it was handed on.
KEPT = timedelta(days=7)
#: PostgreSQL: the lock of the one process that hands events on.
_LOCK = 7_403_221
_WAITING = sa.select(outbox.c.id).where(outbox.c.delivered_at.is_(None)).limit(1)


@frozen
class Event:
    """One row of the outbox."""

    id: int
    at: datetime
    name: str
    entity: str
    record: int | None
    payload: dict[str, Any]

    @property
    def word(self) -> str:
        """What happened: `created` of `crm.stage.created`."""
        return self.name.rpartition(".")[2]

    @property
    def key(self) -> str:
        """What stays in order: the record."""
        return f"{self.entity}:{self.record}"


class Subscriber(Protocol):
    """Says which consumers an event concerns."""

    def consumers(
        self, connection: sa.Connection, events: Sequence[Event]
    ) -> Sequence[tuple[str, Event, dict[str, Any]]]:
        """Consumer, event and payload of each job to make."""
        ...


def hand_on(
    database: Database, subscribers: Sequence[Subscriber], now: datetime
) -> int:
    """Make jobs of the oldest waiting events; returns how many events there were."""
    with database.writing() as connection:
        if not alone(connection):
            return 0
        waits = outbox.c.delivered_at.is_(None)
        query = sa.select(outbox).where(waits).order_by(outbox.c.id).limit(BATCH)
        events = [
            Event(row.id, row.at, row.event, row.entity, row.record, row.payload)
            for row in connection.execute(query)
        ]
        rows = [
            waiting_job(consumer, event.id, event.key, payload, now)
            for one in subscribers
            for consumer, event, payload in one.consumers(connection, events)
        ]
        if rows:
            insert_rows(connection, job, rows)
        if events:
            mine = outbox.c.id.in_([event.id for event in events])
            done = sa.update(outbox).where(mine).values(delivered_at=now)
            connection.execute(done)
    return len(events)


def any_waiting(connection: sa.Connection) -> bool:
    """Whether an event has not been handed on."""
    return connection.execute(_WAITING).first() is not None


def alone(connection: sa.Connection) -> bool:
    """Whether this process makes jobs now; SQLite lets one writer in at a time."""
    if connection.dialect.name != "postgresql":
        return True
    lock = sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))
    return bool(connection.scalar(lock))


def forget_old(database: Database, now: datetime) -> None:
    """Delete events that were handed on long ago, and jobs that ended well."""
    with database.writing() as connection:
        connection.execute(flow_heard.delete().where(flow_heard.c.at < now - KEPT))
        connection.execute(outbox.delete().where(outbox.c.delivered_at < now - KEPT))
        old = sa.and_(job.c.state == "done", job.c.ended_at < now - KEPT)
        connection.execute(job.delete().where(old))
