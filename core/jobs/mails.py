"""Sends queued mails: a consumer of the dispatcher whose jobs are made with the mails.

The server is asked outside of any transaction; what it said of each receiver is then
written together with the end of the job. A worker that dies in between sends the same
mail again, under the same id, so that receivers see one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.config import MailConfig
from core.jobs.clockless import Clockless
from core.jobs.composing import message_of
from core.jobs.dispatcher import GiveUp, GoOn, TryAgain
from core.jobs.once import once
from core.jobs.queue import TRIES, Job, renew
from core.services import Actor, AppError, Runtime
from core.services import Transaction as Tx
from core.services.mail import MailFailed, Refusal, hand_over
from core.services.mails.queue import (
    FAILED,
    KIND,
    MARKETING,
    REFUSED,
    SENT,
    WAITING,
)
from core.services.mails.suppression import kept_back, suppress
from core.storage import mail

_MINUTE = timedelta(minutes=1)
_WITHOUT_SERVER = timedelta(minutes=5)
#: Receivers of advertising in one turn; each of them gets a mail of his own.
_AT_ONCE = 10
_LONGEST = 500


class MailConsumer(Clockless):
    """Sends one mail per job, to those receivers who have not got it yet.

    patience: seconds to wait for an answer of the server.
    """

    kind = KIND

    def __init__(
        self, runtime: Runtime, config: MailConfig | None, patience: float = 15
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._patience = patience

    def run(self, job: Job) -> str:
        """Send a mail; TryAgain while it may still go out, GiveUp if it never will."""
        now = self._runtime.clock.read()
        if not renew(self._runtime.database, job, now):
            raise TryAgain("Another worker has taken it over.")
        with self._runtime.database.reading() as connection:
            query = sa.select(mail).where(mail.c.id == job.payload["mail"])
            row = connection.execute(query).one_or_none()
            if row is None:
                return "The mail is gone."
            receivers = [dict(one) for one in row.receivers]
            waiting = [one for one in receivers if one["state"] == WAITING]
            addresses = [one["address"] for one in waiting]
            back = kept_back(connection, addresses, row.kind)
            self._throttle(connection, now)
        for one in waiting:
            if one["address"].lower() in back:
                one |= {"state": REFUSED, "said": "This address gets no mails."}
        return self._send(job, row, receivers)

    def _throttle(self, connection: sa.Connection, now: datetime) -> None:
        """GoOn later if as many mails as may leave in a minute have left."""
        most = 0 if self._config is None else self._config.per_minute
        if not most:
            return
        query = sa.select(mail.c.sent_at).where(mail.c.sent_at > now - _MINUTE)
        query = query.order_by(mail.c.sent_at.desc()).offset(most - 1).limit(1)
        first = connection.execute(query).scalar_one_or_none()
        if first is not None:
            raise GoOn(first + _MINUTE)

    def _send(self, job: Job, row: Any, receivers: list[dict[str, Any]]) -> str:
        waiting = [one for one in receivers if one["state"] == WAITING]
        more = row.kind == MARKETING and len(waiting) > _AT_ONCE
        if more:
            # Written down in between, so that nobody gets it again if it breaks off.
            waiting = waiting[:_AT_ONCE]
        failure: MailFailed | None = None
        refused: Mapping[str, Refusal] = {}
        if waiting:
            if self._config is None:
                # It waits, and is no failure: INTARSIA_SMTP names a server.
                raise GoOn(self._runtime.clock.read() + _WITHOUT_SERVER)
            try:
                addresses = [one["address"] for one in waiting]
                refused = self._handed_over(job, self._config, row, addresses)
            except AppError as error:
                failure = MailFailed(error.message, permanent=True)
            except ValueError as error:
                failure = MailFailed(f"It cannot be written: {error}.", permanent=True)
            except MailFailed as error:
                failure = error
            _note(waiting, refused, failure)
        more = more and failure is None
        return self._keep(job, row, receivers, refused, failure, more)

    def _handed_over(
        self, job: Job, config: MailConfig, row: Any, addresses: Sequence[str]
    ) -> Mapping[str, Refusal]:
        """Whom the server refused; advertising goes to each receiver by itself."""
        if row.kind != MARKETING:
            message = message_of(self._runtime, config, row)
            return hand_over(config, message, addresses, self._patience)
        refused: dict[str, Refusal] = {}
        failure: MailFailed | None = None
        for address in addresses:
            if not renew(self._runtime.database, job, self._runtime.clock.read()):
                raise TryAgain("Another worker has taken it over.")
            message = message_of(self._runtime, config, row, address)
            try:
                refused |= hand_over(config, message, [address], self._patience)
            except MailFailed as error:
                # Those before it have got it, so only he is tried again.
                code = 550 if error.permanent else 450
                refused[address], failure = Refusal(code, f"5.7.0 {error}"), error
        if failure is not None and len(refused) == len(addresses) == 1:
            raise failure
        return refused

    def _keep(
        self,
        job: Job,
        row: Any,
        receivers: list[dict[str, Any]],
        refused: Mapping[str, Refusal],
        failure: MailFailed | None,
        more: bool,
    ) -> str:
        """Write how it went, and end the job unless something has to be tried again."""
        state, said = _outcome(receivers, job)
        last = state in (SENT, REFUSED)
        with once(
            self._runtime, job, Actor.system(), ends=last and not failure
        ) as work:
            for address, one in refused.items():
                if one.permanent and one.unknown:
                    suppress(work.tx, address, "refused", f"{one.code} {one.text}")
            values: dict[str, Any] = {"receivers": receivers, "state": state}
            values["said"] = (str(failure) if failure else said)[:_LONGEST] or None
            if any(one["state"] == SENT for one in receivers):
                values["sent_at"] = row.sent_at or self._runtime.clock.read()
            change = mail.update().where(mail.c.id == row.id)
            work.tx.scene.connection.execute(change.values(**values))
            _forget_orphan(work.tx, row, state)
            work.said = said
        if failure is not None and failure.permanent:
            raise GiveUp(str(failure))
        if more:
            raise GoOn(self._runtime.clock.read())
        if not last:
            raise TryAgain(str(failure) if failure else said)
        return said


def _note(
    waiting: Sequence[dict[str, Any]],
    refused: Mapping[str, Refusal],
    failure: MailFailed | None,
) -> None:
    """Say of each receiver how it went."""
    for one in waiting:
        answer = refused.get(one["address"])
        if answer is not None:
            said = f"{answer.code} {answer.text}"
            one |= {"state": REFUSED if answer.permanent else WAITING, "said": said}
        elif failure is None:
            one |= {"state": SENT, "said": ""}
        elif failure.permanent:
            one |= {"state": REFUSED, "said": str(failure)[:300]}


def _outcome(receivers: Sequence[dict[str, Any]], job: Job) -> tuple[str, str]:
    """The state of the whole mail, and how it went in words."""
    states = [one["state"] for one in receivers]
    problems = {one["said"] for one in receivers if one["said"]}
    said = "; ".join(sorted(problems)) or f"Sent to {states.count(SENT)}."
    if WAITING in states:
        tries = job.attempt - job.payload.get("turns", 0)
        return (FAILED if tries >= TRIES else WAITING), said
    return (SENT if SENT in states else REFUSED), said


def _forget_orphan(tx: Tx, row: Any, state: str) -> None:
    """What a mail said goes with its record, if that was deleted before it was sent."""
    table = tx.runtime.compiled.tables.get(row.entity)
    if state == WAITING or table is None:
        return
    there = sa.select(table.c.id).where(table.c.id == row.record)
    if tx.scene.connection.execute(there).first() is None:
        tx.scene.connection.execute(mail.delete().where(mail.c.id == row.id))
