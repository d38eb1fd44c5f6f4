"""Runs timers of records: a consumer of the dispatcher whose jobs come from the clock.

A timer that is due becomes one job; whether it still holds, its transaction looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.jobs.once import once
from core.jobs.outbox import Event
from core.jobs.queue import Job
from core.services import Actor, Runtime
from core.services.timers import KIND, fire
from core.storage import insert_rows, timer
from core.storage import job as job_table
from core.storage.names import consumer_name

#: So many timers become jobs in one transaction.
BATCH = 500
_NOW = sa.bindparam("now", type_=UtcDateTime())
_DUE = sa.select(timer.c.id).where(timer.c.due_at <= _NOW).limit(1)
_NEXT = sa.select(sa.func.min(timer.c.due_at)).where(timer.c.due_at > _NOW)


class TimerConsumer:
    """Makes jobs of timers that are due, and runs them."""

    kind = KIND

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def consumers(
        self, connection: sa.Connection, events: Sequence[Event]
    ) -> Sequence[tuple[str, Event, dict[str, Any]]]:
        """None: timers follow the clock."""
        return ()

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether a timer is due."""
        return connection.execute(_DUE, {"now": now}).first() is not None

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """Make a job of each timer that is due; returns how many."""
        query = sa.select(timer).where(timer.c.due_at <= now)
        query = query.order_by(timer.c.due_at).limit(BATCH)
        rows = list(connection.execute(query.with_for_update(skip_locked=True)))
        if rows:
            insert_rows(connection, job_table, [_job(row, now) for row in rows])
            taken = timer.c.id.in_([row.id for row in rows])
            connection.execute(sa.update(timer).where(taken).values(due_at=None))
        return len(rows)

    def upcoming(self, connection: sa.Connection, after: datetime) -> datetime | None:
        """When the next timer is due."""
        return connection.execute(_NEXT, {"now": after}).scalar_one_or_none()

    def run(self, job: Job) -> str:
        """Do what a timer says, unless the record has left its states."""
        given = job.payload
        about = given["entity"], given["record"]
        with once(self._runtime, job, self._actor(given)) as work:
            work.said = fire(work.tx, job.event, *about, given["id"])
        return work.said

    def _actor(self, given: dict[str, Any]) -> Actor:
        """The platform, at work for the company of the record."""
        actor = Actor.system()
        table = self._runtime.compiled.tables.get(given["entity"])
        if table is None or "company" not in table.c:
            return actor
        query = sa.select(table.c.company).where(table.c.id == given["record"])
        with self._runtime.database.reading() as connection:
            company = connection.execute(query).scalar_one_or_none()
        return actor if company is None else replace(actor, company=company)


def _job(row: Any, now: datetime) -> dict[str, Any]:
    return {
        "consumer": consumer_name(KIND, row.timer),
        "event": row.id,
        "key": f"{row.entity}:{row.record}",
        "payload": {"id": row.timer, "entity": row.entity, "record": row.record},
        "state": "waiting",
        "attempts": 0,
        "due_at": now,
        "at": now,
    }
