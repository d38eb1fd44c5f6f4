"""Jobs as administrators see them: what waits, runs, was given up, and trying again.

Read by pages, API and command line; core.jobs runs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.errors import NotAllowed
from core.storage import insert_rows, job, timer, waiting_job
from core.storage.names import consumer_name
from core.storage.tables import outbox

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: What a job may be.
STATES = ("waiting", "running", "done", "dead")
#: Kinds of consumers; a consumer's name begins with its kind.
KINDS = (
    "automation",
    "flow",
    "mail",
    "mailbox",
    "schedule",
    "test",
    "timer",
    "webhook",
)


@frozen
class JobEntry:
    """One job: `what` is the id of what is done, `key` what it is done about."""

    id: int
    kind: str
    what: str
    key: str
    state: str
    attempts: int
    at: datetime
    due_at: datetime
    ended_at: datetime | None
    said: str | None


@frozen
class Waiting:
    """How much there is to do: jobs by state, events and timers that wait."""

    states: dict[str, int]
    events: int
    timers: int


def plant(
    connection: sa.Connection,
    kind: str,
    items: Sequence[tuple[str, datetime, dict[str, Any]]],
    now: datetime,
) -> int:
    """Make a job of each (id, moment, payload), unless there was one for the moment."""
    rows = []
    for id_, due, more in items:
        name, event = consumer_name(kind, id_), int(due.timestamp() * 1000)
        there = sa.select(job.c.id).where(job.c.consumer == name, job.c.event == event)
        if connection.execute(there).first() is None:
            payload = {"id": id_, "due": due.isoformat(), **more}
            rows.append(waiting_job(name, event, id_, payload, now))
    if rows:
        insert_rows(connection, job, rows)
    return len(rows)


def list_jobs(
    reader: Reader, state: str = "", kind: str = "", limit: int = 100
) -> list[JobEntry]:
    """The latest jobs, newest first; NotAllowed for who is no administrator."""
    require_admin(reader)
    query = sa.select(job)
    if state:
        query = query.where(job.c.state == state)
    if kind:
        query = query.where(job.c.consumer.startswith(f"{kind}:", autoescape=True))
    rows = reader.scene.connection.execute(query.order_by(job.c.id.desc()).limit(limit))
    return [_entry(row) for row in rows]


def waiting(reader: Reader) -> Waiting:
    """How much there is to do."""
    require_admin(reader)
    connection = reader.scene.connection
    count = sa.func.count()
    states = dict.fromkeys(STATES, 0)
    found = connection.execute(sa.select(job.c.state, count).group_by(job.c.state))
    states |= {row[0]: row[1] for row in found}
    events = sa.select(count).where(outbox.c.delivered_at.is_(None))
    timers = sa.select(count).select_from(timer)
    return Waiting(
        states,
        int(connection.execute(events).scalar_one()),
        int(connection.execute(timers).scalar_one()),
    )


def replay_jobs(tx: Transaction, ids: Sequence[int] | None = None) -> int:
    """Try given-up jobs again, or all of them; returns how many there were."""
    require_admin(tx)
    tx.scene.begin_writing()
    mine = [job.c.state == "dead"]
    if ids is not None:
        mine.append(job.c.id.in_(ids))
    return start_again(tx, mine)


def start_again(tx: Transaction, which: Sequence[sa.ColumnElement[bool]]) -> int:
    """Let ended jobs wait as if nobody had tried them; returns how many there were."""
    values = {
        "state": "waiting",
        "attempts": 0,
        "due_at": tx.scene.moment.now,
        "ended_at": None,
    }
    done = tx.scene.connection.execute(sa.update(job).where(*which).values(**values))
    return int(done.rowcount)


def require_admin(reader: Reader) -> None:
    """NotAllowed for who is no administrator."""
    if not reader.actor.is_admin:
        raise NotAllowed("Only administrators see jobs.", entity="job", verb="read")


def _entry(row: Any) -> JobEntry:
    kind, _, rest = row.consumer.partition(":")
    return JobEntry(
        row.id,
        kind,
        str(row.payload.get("id", rest) if kind != "webhook" else rest),
        row.key,
        row.state,
        row.attempts,
        row.at,
        row.due_at,
        row.ended_at,
        row.said,
    )
