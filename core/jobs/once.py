"""A transaction that ends a job together with what it writes.

Used by consumers whose work is in the database: what a job does and that it was done
are written at once, so a worker that dies in between has done nothing, and one that
dies after it is not followed by a second one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.jobs.dispatcher import GiveUp, TryAgain
from core.jobs.queue import Job, end_within, hold
from core.services import Actor, AppError, Runtime, Transaction, transaction


@dataclass
class Work:
    """The transaction of a job, and how it went."""

    tx: Transaction
    said: str = ""


@contextmanager
def once(runtime: Runtime, job: Job, actor: Actor, ends: bool = True) -> Iterator[Work]:
    """Lend a transaction; TryAgain if the work fails or somebody else has the job.

    ends: the job is done with it; else it has more to do.
    """
    try:
        with transaction(runtime, actor, "job") as tx:
            tx.scene.begin_writing()
            connection = tx.scene.connection
            if not hold(connection, job):
                raise TryAgain("Another worker has taken it over.")
            work = Work(tx)
            yield work
            if ends:
                end_within(connection, job, runtime.clock.read(), work.said)
    except AppError as error:
        if not ends:
            raise
        if "chain" in error.facts:
            # Trying it again would only go round once more.
            raise GiveUp(error.message) from error
        raise TryAgain(error.message) from error


def on_behalf(payload: dict[str, Any]) -> Actor:
    """The platform at work for somebody: full rights, his name, zone and company."""
    given = payload.get("for", {})
    return Actor(
        payload.get("actor"),
        "system",
        is_admin=True,
        language=given.get("language", "en"),
        zone=given.get("zone", "UTC"),
        companies=tuple(given.get("companies", ())),
        company=given.get("company"),
    )
