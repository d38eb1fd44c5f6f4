"""Runs timers of records: a consumer of the dispatcher whose jobs come from the clock.

A timer that is due becomes one job; whether it still holds, its transaction looks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.jobs.clocked import Clocked, due_rows, next_due, one_due
from core.jobs.once import once
from core.jobs.queue import Job
from core.services.timers import KIND, fire
from core.storage import insert_rows, timer, waiting_job
from core.storage import job as job_table
from core.storage.names import consumer_name

_DUE = one_due(timer)
_NEXT = next_due(timer)


class TimerConsumer(Clocked):
    """Makes jobs of timers that are due, and runs them."""

    kind = KIND

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether a timer is due."""
        return connection.execute(_DUE, {"now": now}).first() is not None

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """Make a job of each timer that is due; returns how many."""
        rows = due_rows(connection, timer, now)
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
        with once(self._runtime, job, self._actor(*about)) as work:
            work.said = fire(work.tx, job.event, *about, given["id"])
        return work.said


def _job(row: Any, now: datetime) -> dict[str, Any]:
    payload = {"id": row.timer, "entity": row.entity, "record": row.record}
    key = f"{row.entity}:{row.record}"
    return waiting_job(consumer_name(KIND, row.timer), row.id, key, payload, now)
