"""Queues mails in the transaction of what causes them; a worker sends them afterwards.

The id of the message is drawn here, so that every try sends one and the same mail.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from core.compiler import SendMail
from core.services.effects import ids_of
from core.services.files.uses import touch
from core.services.mails.receivers import Receiver, receivers_from
from core.services.mails.templates import Letter, fill, loaded, mail_of
from core.services.timeline.about import insert
from core.storage import insert_rows, job, mail, waiting_job
from core.storage.names import consumer_name

if TYPE_CHECKING:
    from core.expressions import Env, Record
    from core.services.transactions import Transaction

#: What the jobs that send mails begin with.
KIND = "mail"
#: The kind of mails that a receiver may leave.
MARKETING = "marketing"
WAITING, SENT, REFUSED, FAILED = "waiting", "sent", "refused", "failed"


def run_effect(tx: Transaction, effect: SendMail, env: Env, here: Record) -> None:
    """Queue the mail of an effect about each record that it names."""
    to = receivers_from(tx, effect.to, env)
    cc = [one.address for one in receivers_from(tx, effect.cc, env)]
    template = mail_of(tx.runtime, effect.template)
    about = here if effect.target is None else effect.target.run(env)
    for id_ in list(ids_of(about)):
        record = loaded(tx, template, id_)
        if record is None:
            continue
        for spoken, group in by_language(to):
            letter = fill(tx, template, record, spoken, effect.attach)
            queue(tx, (effect.entity, id_), letter, [r.address for r in group], cc)
            # Who gets a copy gets one, in whichever language the first mail has.
            cc = []


def by_language(to: Sequence[Receiver]) -> list[tuple[str, list[Receiver]]]:
    """The receivers of one language together; one empty group if there are none."""
    ordered = sorted(to, key=lambda one: one.language)
    found = [
        (language, list(group))
        for language, group in groupby(ordered, key=lambda one: one.language)
    ]
    return found or [("", [])]


def queue(
    tx: Transaction,
    about: tuple[str, int],
    letter: Letter,
    to: Sequence[str],
    cc: Sequence[str] = (),
) -> int:
    """Keep a mail to be sent once this transaction is committed; returns its id.

    Without an address it is kept as refused, so that the timeline tells.
    """
    entity, record = about
    subject, reply_to = _answerable(tx, about, letter)
    receivers = [*(_receiver(one, "to") for one in to)]
    taken = {one["address"].casefold() for one in receivers}
    receivers += [_receiver(one, "cc") for one in cc if one.casefold() not in taken]
    id_ = insert(
        tx,
        mail,
        entity=entity,
        record=record,
        direction="out",
        template=letter.template,
        kind=letter.kind,
        message_id=f"<{secrets.token_hex(16)}@{tx.runtime.mail_domain}>",
        answers=letter.answers,
        subject=subject,
        body=letter.body,
        reply_to=reply_to,
        receivers=receivers,
        files=[one._asdict() for one in letter.files],
        state=WAITING if receivers else REFUSED,
        said=None if receivers else "No address.",
    )
    if letter.files:
        # Their bytes stay for a while, whatever becomes of the fields.
        touch(tx.scene, {one.sha256 for one in letter.files})
    if receivers:
        insert_rows(tx.scene.connection, job, [_job(tx, id_, about, letter)])
    return id_


def _answerable(
    tx: Transaction, about: tuple[str, int], letter: Letter
) -> tuple[str, str | None]:
    """Subject and address by which an answer comes back to the record."""
    from core.services.mailboxes.marks import address_of, box_for, tag_of
    from core.services.mailboxes.taking import mailbox_of

    (entity, record), runtime = about, tx.runtime
    box = box_for(runtime, entity)
    if box is None or not runtime.signing_key:
        return letter.subject, letter.reply_to
    ways, subject, reply_to = mailbox_of(runtime, box).ways, letter.subject, None
    if "subject_tag" in ways:
        subject = f"{subject} {tag_of(runtime, entity, record)}"
    if "address" in ways:
        reply_to = address_of(runtime, box, entity, record)
    return subject, letter.reply_to or reply_to


def _receiver(address: str, role: str) -> dict[str, Any]:
    return {"address": address, "role": role, "state": WAITING, "said": ""}


def _job(
    tx: Transaction, id_: int, about: tuple[str, int], letter: Letter
) -> dict[str, Any]:
    name, (entity, record) = consumer_name(KIND, "out"), about
    payload = {"id": letter.template or "", "mail": id_}
    # Each mail waits for itself only.
    key = f"{entity}:{record}:{id_}"
    return waiting_job(name, id_, key, payload, tx.scene.moment.now)
