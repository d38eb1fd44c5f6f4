"""Jobs as rows: taken under a lease, ended, tried again later, given up.

Called by the dispatcher and by pages that show jobs. Any number of processes may take
jobs at the same time; a process that dies loses its lease, and the job is taken again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.frozen import frozen
from core.storage import Database, job

LEASE = timedelta(seconds=90)
#: Tries before a job is given up, and the pause after the first of them.
TRIES = 9
_PAUSE = 10
_TIMES = 3
_LONGEST = 500


@frozen
class Job:
    """A job in hand: `attempt` counts from 1."""

    id: int
    consumer: str
    event: int
    key: str
    payload: dict[str, Any]
    attempt: int


def _open(now: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """Jobs that may be taken: due or abandoned, and none before them of their key."""
    before = job.alias("before")
    undone = before.c.state.in_(("waiting", "running"))
    blocked = sa.exists().where(
        before.c.consumer == job.c.consumer,
        before.c.key == job.c.key,
        before.c.id < job.c.id,
        undone,
    )
    free = sa.or_(
        sa.and_(job.c.state == "waiting", job.c.due_at <= now),
        sa.and_(job.c.state == "running", job.c.lease_until < now),
    )
    return free, ~blocked


#: Built once: they are asked every second.
_DUE = sa.select(job.c.id).where(*_open(sa.bindparam("now", type_=UtcDateTime())))
_OPEN = (
    sa.select(job)
    .where(*_open(sa.bindparam("now", type_=UtcDateTime())))
    .order_by(job.c.id)
)
_NEXT = sa.select(sa.func.min(job.c.due_at)).where(
    job.c.state == "waiting", job.c.due_at > sa.bindparam("after", type_=UtcDateTime())
)


def any_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether a job may be taken."""
    return connection.execute(_DUE.limit(1), {"now": now}).first() is not None


def take(database: Database, now: datetime, most: int = 10) -> list[Job]:
    """Take due jobs under a lease; of jobs with one key only the oldest."""
    with database.writing() as connection:
        query = _OPEN.limit(most)
        if database.kind == "postgresql":
            query = query.with_for_update(skip_locked=True)
        found = [
            Job(r.id, r.consumer, r.event, r.key, r.payload, r.attempts + 1)
            for r in connection.execute(query, {"now": now})
        ]
        if found:
            mine = job.c.id.in_([one.id for one in found])
            values = {"state": "running", "lease_until": now + LEASE}
            connection.execute(
                sa.update(job).where(mine).values(attempts=job.c.attempts + 1, **values)
            )
    return found


def succeed(database: Database, done: Job, now: datetime, said: str = "") -> bool:
    """End a job well; False if its lease was lost and somebody else has it."""
    values = {"state": "done", "ended_at": now, "said": said[:_LONGEST]}
    return _end(database, done, values)


def fail(
    database: Database, failed: Job, now: datetime, said: str, final: bool = False
) -> bool:
    """Try a job again later, each time later; after the last try it is dead."""
    values: dict[str, Any] = {"said": said[:_LONGEST], "lease_until": None}
    # Turns of a long job are no failures.
    tries = failed.attempt - failed.payload.get("turns", 0)
    if final or tries >= TRIES:
        values |= {"state": "dead", "ended_at": now}
    else:
        values |= {"state": "waiting", "due_at": now + pause_after(tries)}
    return _end(database, failed, values)


def hold(connection: sa.Connection, held: Job) -> bool:
    """Lock a job for the rest of a transaction; False if its lease was lost."""
    query = sa.select(job.c.id).where(_mine(held)).with_for_update()
    return connection.execute(query).first() is not None


def end_within(
    connection: sa.Connection, done: Job, now: datetime, said: str = ""
) -> None:
    """End a job well in the transaction of its work."""
    values = {"state": "done", "ended_at": now, "said": said[:_LONGEST]}
    connection.execute(sa.update(job).where(_mine(done)).values(**values))


def keep_progress(
    connection: sa.Connection, held: Job, progress: dict[str, Any], now: datetime
) -> None:
    """Keep how far a job has come in the transaction of its work, and its lease."""
    values = {
        "payload": {**held.payload, "progress": progress},
        "lease_until": now + LEASE,
    }
    connection.execute(sa.update(job).where(_mine(held)).values(**values))


def renew(database: Database, held: Job, now: datetime) -> bool:
    """Begin the lease of a job anew; False if somebody else has it."""
    return _end(database, held, {"lease_until": now + LEASE})


def rest(database: Database, paused: Job, due: datetime) -> bool:
    """Put a job back that has more to do, behind those that wait for this worker."""
    turns = {"turns": paused.payload.get("turns", 0) + 1}
    with database.writing() as connection:
        query = sa.select(job.c.payload).where(_mine(paused))
        payload = connection.execute(query).scalar_one_or_none()
        if payload is None:
            return False
        values = {"state": "waiting", "due_at": due, "lease_until": None}
        change = sa.update(job).where(_mine(paused))
        connection.execute(change.values(payload={**payload, **turns}, **values))
    return True


def next_try(connection: sa.Connection, after: datetime) -> datetime | None:
    """When the next job is tried that waits now; None if none does."""
    return connection.execute(_NEXT, {"after": after}).scalar_one_or_none()


def pause_after(attempt: int) -> timedelta:
    """How long to wait after a try: 10 s, 30 s, 90 s, ... about 6 hours."""
    return timedelta(seconds=_PAUSE * _TIMES ** (attempt - 1))


def _end(database: Database, ended: Job, values: dict[str, Any]) -> bool:
    with database.writing() as connection:
        change = sa.update(job).where(_mine(ended)).values(**values)
        return bool(connection.execute(change).rowcount)


def _mine(one: Job) -> sa.ColumnElement[bool]:
    """The number of the try is the token of the lease."""
    return sa.and_(
        job.c.id == one.id,
        job.c.state == "running",
        job.c.attempts == one.attempt,
    )
