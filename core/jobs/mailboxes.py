"""Asks mail servers for what came in: a consumer of the dispatcher.

A mailbox has one job, which rests between two looks.

Each mail is taken in a transaction of its own, together with how far the folder was
read, so a worker that dies loses none and takes none twice. A server that fails is
asked again later, each time later; the job never gives up.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.compiler import CompiledMailbox
from core.config.mailboxes import MailboxConfig
from core.jobs.clocked import Clocked
from core.jobs.dispatcher import GoOn, TryAgain
from core.jobs.imap import PATIENCE, Folder, NotPulled, open_folder
from core.jobs.once import once
from core.jobs.queue import Job, pause_after
from core.services import Runtime, Unavailable
from core.services.mailboxes import KIND, mailbox_of
from core.services.mailboxes.pulling import (
    keep_outcome,
    keep_place,
    place_of,
    plant_pull,
    wanted,
    without_job,
)
from core.services.mailboxes.taking import note_failure, take_mail

_LOG = logging.getLogger("intarsia.jobs")
#: Mails of one turn; other jobs come in between.
TURN = 20
_LONGEST_PAUSE = timedelta(hours=1)


class MailboxConsumer(Clocked):
    """Fetches mails of the mailboxes that the installation names servers for."""

    kind = KIND

    def __init__(
        self,
        runtime: Runtime,
        places: Sequence[MailboxConfig],
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(runtime)
        self._places: Mapping[str, MailboxConfig] = {one.id: one for one in places}
        self._patience = patience

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether a mailbox has no job yet."""
        return bool(without_job(connection, wanted(self._runtime)))

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """Make the jobs that are missing."""
        missing = without_job(connection, wanted(self._runtime))
        return plant_pull(connection, missing, now)

    def upcoming(self, connection: sa.Connection, after: datetime) -> datetime | None:
        """None: a job rests until its own moment."""
        return None

    def run(self, job: Job) -> str:
        """Take what came in; GoOn at once or after a pause, as long as it is wanted."""
        id_ = job.payload["id"]
        place = self._places.get(id_)
        if place is None or id_ not in wanted(self._runtime):
            return "Nobody wants it asked any more."
        box = mailbox_of(self._runtime, id_)
        said, more = "", False
        try:
            with open_folder(place, self._patience) as folder:
                more = self._turn(job, box, folder)
        except NotPulled as error:
            said = str(error)
        except Unavailable as error:
            raise TryAgain(error.message) from error
        self._pause(job, box, said, more)
        return ""

    def _turn(self, job: Job, box: CompiledMailbox, folder: Folder) -> bool:
        """Take the next mails; whether there may be more."""
        with self._runtime.database.reading() as connection:
            kept = place_of(connection, box.id)
        last = kept.last if kept.validity == folder.validity else None
        first = last is None
        # Before the look for those that nobody has seen: what comes between is known.
        top = max(folder.numbers(0), default=0) if first else 0
        numbers = folder.numbers(last)
        for number in numbers[:TURN]:
            last = None if first else max(number, last or 0)
            self._one(job, box, folder, number, last)
        if first and len(numbers) <= TURN:
            # Mails that people have read already are behind it, whatever their numbers.
            with once(self._runtime, job, self._actor(), ends=False) as work:
                connection = work.tx.scene.connection
                keep_place(connection, box.id, folder.validity, top)
        return len(numbers) > TURN

    def _one(
        self,
        job: Job,
        box: CompiledMailbox,
        folder: Folder,
        number: int,
        last: int | None,
    ) -> None:
        """Take one mail; `last`: how far the folder is read then, if that is known."""
        # One byte more than is allowed tells that there are too many.
        content = folder.content(number, box.most + 1)
        try:
            with once(self._runtime, job, self._actor(), ends=False) as work:
                if content is not None:
                    work.tx.via = "mail"
                    take_mail(work.tx, box, content)
                if last is not None:
                    connection = work.tx.scene.connection
                    keep_place(connection, box.id, folder.validity, last)
        except (TryAgain, Unavailable, sa.exc.OperationalError):
            raise
        except Exception:
            _LOG.exception("mail %s of %s could not be taken", number, box.id)
            with once(self._runtime, job, self._actor(), ends=False) as work:
                note_failure(work.tx, box, content or b"")
                if last is not None:
                    connection = work.tx.scene.connection
                    keep_place(connection, box.id, folder.validity, last)
        if content is not None:
            folder.mark_seen(number)

    def _pause(self, job: Job, box: CompiledMailbox, said: str, more: bool) -> None:
        """Note how it went, and rest until the next look."""
        now = self._runtime.clock.read()
        pause = timedelta(0) if more else box.definition.every
        with once(self._runtime, job, self._actor(), ends=False) as work:
            connection = work.tx.scene.connection
            failures = place_of(connection, box.id).failures + 1 if said else 0
            if said:
                pause = max(pause, min(pause_after(failures), _LONGEST_PAUSE))
            keep_outcome(connection, box.id, now, failures, said)
        raise GoOn(now + pause)
