"""What consumers have in common whose jobs come from the clock.

Used by schedules, timers and flows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.jobs.outbox import Event
from core.services import Actor, Runtime
from core.services.people import company_of, only_company

#: So many rows become jobs in one transaction.
BATCH = 500
_NOW = sa.bindparam("now", type_=UtcDateTime())


class Clocked:
    """A consumer that follows the clock, and events only if it says so itself."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def consumers(
        self, connection: sa.Connection, events: Sequence[Event]
    ) -> Sequence[tuple[str, Event, dict[str, Any]]]:
        """None: the clock makes the jobs."""
        return ()

    def _actor(
        self, entity: str | None = None, record: int = 0, zone: str = "UTC"
    ) -> Actor:
        """The platform, at work for the company of a record, or the only one."""
        actor = replace(Actor.system(), zone=zone)
        with self._runtime.database.reading() as connection:
            if entity is None:
                company = only_company(connection, self._runtime)
            else:
                company = company_of(connection, self._runtime, entity, record)
        return actor if company is None else actor.in_company(company)


def one_due(table: sa.Table) -> sa.Select[Any]:
    """The question whether a row of a table is due at `now`."""
    return sa.select(table.c.id).where(table.c.due_at <= _NOW).limit(1)


def next_due(table: sa.Table) -> sa.Select[Any]:
    """The question when a row of a table is due after `now`."""
    return sa.select(sa.func.min(table.c.due_at)).where(table.c.due_at > _NOW)


def due_rows(connection: sa.Connection, table: sa.Table, now: datetime) -> list[Any]:
    """The rows that are due longest, locked; what others hold waits for the next."""
    query = sa.select(table).where(table.c.due_at <= now)
    query = query.order_by(table.c.due_at).limit(BATCH)
    return list(connection.execute(query.with_for_update(skip_locked=True)))
