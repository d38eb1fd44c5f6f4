"""Mailboxes as administrators see them: their state, what came in, asking at once.

Read by pages, API and command line.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.frozen import frozen
from core.services.context import Actor
from core.services.errors import NotFound
from core.services.mailboxes.pulling import plant_pull
from core.services.mailboxes.taking import (
    ANSWERED,
    BOUNCED,
    CREATED,
    IGNORED,
    KIND,
    REFUSED,
    Taken,
    mailbox_of,
    take_mail,
)
from core.services.mails.suppression import require_admin
from core.services.people import only_company
from core.services.runtime import Runtime
from core.services.timeline.about import wrong
from core.storage import arrival, job, mailbox
from core.storage.names import consumer_name

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: Bytes of a mail as a file, whatever its mailbox takes.
MOST_BYTES = 30_000_000
#: What a mail that came in may have become.
ARRIVAL_STATES = (CREATED, ANSWERED, BOUNCED, IGNORED, REFUSED)


@frozen
class MailboxState:
    """A mailbox: its address, and how its server was asked last.

    `served`: the installation names a server for it. `failures` since the last success.
    """

    id: str
    entity: str
    address: str
    enabled: bool
    served: bool
    pulled_at: datetime | None
    next_at: datetime | None
    failures: int
    said: str | None


@frozen
class Arrival:
    """A mail that came to a mailbox, and what became of it."""

    id: int
    mailbox: str
    at: datetime
    sender: str
    subject: str
    state: str
    said: str | None
    entity: str | None
    record: int | None


def list_mailboxes(reader: Reader) -> list[MailboxState]:
    """All mailboxes; NotAllowed for who is no administrator."""
    require_admin(reader)
    runtime, connection = reader.runtime, reader.scene.connection
    known = {row.id: row for row in connection.execute(sa.select(mailbox))}
    query = sa.select(job.c.consumer, job.c.due_at).where(
        job.c.consumer.startswith(f"{KIND}:", autoescape=True),
        job.c.state.in_(("waiting", "running")),
    )
    due = {row.consumer: row.due_at for row in connection.execute(query)}
    found = []
    for id_, one in runtime.compiled.registry.mailboxes.items():
        row = known.get(id_)
        found.append(
            MailboxState(
                id_,
                one.entity,
                runtime.mail_addresses.get(id_, ""),
                one.enabled,
                id_ in runtime.served_mailboxes,
                None if row is None else row.pulled_at,
                due.get(consumer_name(KIND, id_)),
                0 if row is None else row.failures,
                None if row is None else row.said,
            )
        )
    return found


def list_arrivals(
    reader: Reader, box: str = "", state: str = "", limit: int = 100
) -> list[Arrival]:
    """The mails that came in last, newest first; NotFound for an unknown mailbox."""
    require_admin(reader)
    query = sa.select(arrival)
    if box:
        _require(reader, box)
        query = query.where(arrival.c.mailbox == box)
    if state:
        query = query.where(arrival.c.state == state)
    rows = reader.scene.connection.execute(
        query.order_by(arrival.c.id.desc()).limit(limit)
    )
    return [
        Arrival(
            row.id,
            row.mailbox,
            row.at,
            row.sender,
            row.subject,
            row.state,
            row.said,
            row.entity,
            row.record,
        )
        for row in rows
    ]


def pull_now(tx: Transaction, id: str) -> None:
    """Let the worker ask a server at once; ValidationFailed where there is none."""
    require_admin(tx)
    _require(tx, id)
    if id not in tx.runtime.served_mailboxes:
        text = "The installation names no server for this mailbox."
        raise wrong("mailbox", "wrong_value", text)
    tx.scene.begin_writing()
    connection, now = tx.scene.connection, tx.scene.moment.now
    mine = sa.and_(job.c.consumer == consumer_name(KIND, id), job.c.state == "waiting")
    if not connection.execute(job.update().where(mine).values(due_at=now)).rowcount:
        plant_pull(connection, (id,), now)


def at_work(runtime: Runtime) -> Actor:
    """The platform at work: a mail that somebody hands over is not his own doing."""
    actor = Actor.system()
    with runtime.database.reading() as connection:
        company = only_company(connection, runtime)
    return actor if company is None else actor.in_company(company)


def take_file(tx: Transaction, id: str, content: bytes) -> Taken:
    """Take a mail in that somebody has as a file; NotFound for an unknown mailbox."""
    require_admin(tx)
    _require(tx, id)
    if not content.strip():
        raise wrong("file", "required", "The file is empty.")
    return take_mail(tx, mailbox_of(tx.runtime, id), content)


def _require(reader: Reader, id_: str) -> None:
    if id_ not in reader.runtime.compiled.registry.mailboxes:
        raise NotFound(f"There is no mailbox '{id_[:81]}'.")
