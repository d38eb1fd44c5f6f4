"""Delivers what commits left behind: events become jobs, jobs are run, until stopped.

A thread inside `serve` on SQLite and `cli.py worker` processes on PostgreSQL run it.
Each kind of consumer brings a subscriber and a runner; nothing here knows what they do.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from core.jobs.outbox import Subscriber, alone, any_waiting, forget_old, hand_on
from core.jobs.queue import Job, any_due, fail, rest, succeed, take
from core.services.context import wall_clock
from core.storage import Database, StorageError

_LOG = logging.getLogger("intarsia.jobs")
#: Seconds between two looks while there is nothing to do.
PAUSE = 1.0
_CLEANING = timedelta(minutes=10)


class TryAgain(Exception):
    """A job failed in a way that may pass; the text says how."""


class GiveUp(Exception):
    """A job failed for good; the text says why."""


class GoOn(Exception):
    """A job has more to do, at once or not before a moment."""

    def __init__(self, at: datetime | None = None) -> None:
        super().__init__()
        self.at = at


class Consumer(Subscriber, Protocol):
    """Wants events and runs the jobs made of them; `kind` begins its jobs' names."""

    kind: str

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether the clock alone makes a job due."""
        ...

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """Make the jobs that the clock makes due; returns how many."""
        ...

    def upcoming(self, connection: sa.Connection, after: datetime) -> datetime | None:
        """The next moment at which the clock alone makes a job due; None: none."""
        ...

    def run(self, job: Job) -> str:
        """Do a job and say how it went; TryAgain or GiveUp if it did not work."""
        ...


@dataclass
class Dispatcher:
    """One worker: `consumers` are asked anew for each round, as definitions change."""

    database: Database
    consumers: Callable[[], Sequence[Consumer]]
    now: Callable[[], datetime] = wall_clock
    stopping: threading.Event = field(default_factory=threading.Event)
    _cleaned: datetime | None = None

    def round(self) -> int:
        """Hand on waiting events and run due jobs; returns how much there was to do."""
        consumers, now, done = self.consumers(), self.now(), 0
        # One look for all: most of the time there is nothing to do.
        with self.database.reading() as connection:
            events = any_waiting(connection)
            due = [one for one in consumers if one.is_due(connection, now)]
            jobs = any_due(connection, now)
        if events:
            done += hand_on(self.database, consumers, now)
        if due:
            done += wake(self.database, due, now)
        for job in take(self.database, self.now()) if jobs or done else ():
            self._run(consumers, job)
            done += 1
        return done

    def drain(self, most: int = 1000) -> int:
        """Work until nothing is due; returns how much there was."""
        total = 0
        for _ in range(most):
            done = self.round()
            if not done:
                break
            total += done
        return total

    def run(self) -> None:
        """Work until `stopping` is set; a database that is away is waited for."""
        while not self.stopping.is_set():
            try:
                done = self.round()
                self._clean()
            except StorageError as error:
                _LOG.warning("the worker waits for the database: %s", error)
                done = 0
            except Exception:
                _LOG.exception("a round of the worker failed")
                done = 0
            if not done:
                self.stopping.wait(PAUSE)

    def _run(self, consumers: Sequence[Consumer], job: Job) -> None:
        kind = job.consumer.partition(":")[0]
        runner = next((one for one in consumers if one.kind == kind), None)
        try:
            if runner is None:
                raise GiveUp(f"Nobody runs jobs of '{kind}' any more.")
            said = runner.run(job)
        except GoOn as more:
            rest(self.database, job, more.at or self.now())
        except GiveUp as error:
            fail(self.database, job, self.now(), str(error), final=True)
        except TryAgain as error:
            fail(self.database, job, self.now(), str(error))
        except Exception as error:
            _LOG.exception("job %s of %s failed", job.id, job.consumer)
            fail(self.database, job, self.now(), f"{type(error).__name__}: {error}")
        else:
            succeed(self.database, job, self.now(), said)

    def _clean(self) -> None:
        now = self.now()
        if self._cleaned is None or now - self._cleaned > _CLEANING:
            self._cleaned = now
            forget_old(self.database, now)


def wake(database: Database, due: Sequence[Consumer], now: datetime) -> int:
    """Make the jobs that the clock makes due, by one process at a time."""
    with database.writing() as connection:
        if not alone(connection):
            return 0
        return sum(one.wake(connection, now) for one in due)
