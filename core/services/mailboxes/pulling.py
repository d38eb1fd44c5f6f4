"""What is kept about asking a server: how far its folder was read, when it failed.

Used by the worker and by who wants a mailbox asked at once. A mailbox has one open job,
which rests between two looks.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.jobs import plant
from core.services.mailboxes.taking import KIND
from core.services.runtime import Runtime
from core.storage import insert_rows, job, mailbox
from core.storage.names import consumer_name

_LONGEST = 500


@frozen
class Place:
    """How far a folder was read: its generation and the last number in it."""

    validity: int | None
    last: int | None
    failures: int = 0


def wanted(runtime: Runtime) -> tuple[str, ...]:
    """The mailboxes whose servers are to be asked."""
    known = runtime.compiled.registry.mailboxes
    return tuple(
        id_ for id_ in runtime.served_mailboxes if id_ in known and known[id_].enabled
    )


def without_job(connection: sa.Connection, ids: Collection[str]) -> list[str]:
    """Those of some mailboxes that nobody is going to ask."""
    if not ids:
        return []
    names = {consumer_name(KIND, id_): id_ for id_ in ids}
    query = sa.select(job.c.consumer).where(
        job.c.consumer.in_(names), job.c.state.in_(("waiting", "running"))
    )
    for one in connection.scalars(query):
        names.pop(one, None)
    return list(names.values())


def plant_pull(connection: sa.Connection, ids: Collection[str], now: datetime) -> int:
    """Make the job of some mailboxes; returns how many."""
    return plant(connection, KIND, [(id_, now, {}) for id_ in ids], now)


def place_of(connection: sa.Connection, id: str) -> Place:
    """How far the folder of a mailbox was read."""
    query = sa.select(mailbox).where(mailbox.c.id == id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return Place(None, None)
    return Place(row.validity, row.last_uid, row.failures)


def keep_place(
    connection: sa.Connection, id: str, validity: int, last: int | None
) -> None:
    """Note how far the folder was read."""
    _write(connection, id, {"validity": validity, "last_uid": last})


def keep_outcome(
    connection: sa.Connection, id: str, now: datetime, failures: int, said: str
) -> None:
    """Note when the server was asked, and what went wrong."""
    values = {"pulled_at": now, "failures": failures, "said": said[:_LONGEST] or None}
    _write(connection, id, values)


def _write(connection: sa.Connection, id_: str, values: dict[str, Any]) -> None:
    mine = mailbox.c.id == id_
    if not connection.execute(mailbox.update().where(mine).values(**values)).rowcount:
        row = {"id": id_, "validity": None, "last_uid": None, "pulled_at": None}
        insert_rows(
            connection, mailbox, [{**row, "failures": 0, "said": None, **values}]
        )
