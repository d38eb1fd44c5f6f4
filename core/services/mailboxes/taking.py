"""Takes a mail in: once, to the record that it answers or as a new one.

Called by the worker that asks servers, and by pages, API and command line for a mail
that somebody has as a file. The platform writes it; the sender has no rights here,
since anybody can write any address as the sender of a mail.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledMailbox, compile_mailbox
from core.frozen import frozen
from core.services.effects import Stage, plain
from core.services.errors import TransitionRefused, ValidationFailed
from core.services.mailboxes.arrived import Arrived, Unreadable, clean, read_arrived
from core.services.mailboxes.marks import without_tags
from core.services.mailboxes.threads import find
from core.services.mails.bounces import take_bounce
from core.services.mails.templates import one_line
from core.services.reactions import run_by_itself
from core.services.runtime import Runtime
from core.services.timeline.about import insert
from core.services.timeline.attachments import attach, attached_file
from core.services.timeline.notices import notify
from core.storage import arrival, mail

if TYPE_CHECKING:
    from core.services.transactions import Transaction

KIND = "mailbox"
CREATED, ANSWERED, BOUNCED = "created", "answered", "bounced"
IGNORED, REFUSED, KNOWN = "ignored", "refused", "known"
#: Mails that one sender may write within an hour: more is a loop of two machines.
MOST_AN_HOUR = 60
#: Mails of machines that are taken from all senders together within an hour.
MOST_OF_ALL = 600
_HOUR = timedelta(hours=1)
_LONGEST = 500


@frozen
class Taken:
    """What became of a mail: its state, why, and the record that it is about."""

    state: str
    said: str = ""
    record: int | None = None


def mailbox_of(runtime: Runtime, id: str) -> CompiledMailbox:
    """A mailbox, compiled at its first use; KeyError if there is none."""
    compiled = runtime.compiled
    made: CompiledMailbox = runtime.plans.get(
        (KIND, id), lambda: compile_mailbox(compiled.registry, compiled.catalog, id)
    )
    return made


def take_mail(tx: Transaction, box: CompiledMailbox, content: bytes) -> Taken:
    """Take a mail in and note what became of it; the same one does nothing again.

    What cannot be taken is noted with its reason and nothing else of it is kept.
    AppError only for what may go away, as a database that is busy.
    """
    # Reading comes before the lock: a strange mail shall keep nobody waiting.
    came, fault = _unread(content), ""
    if len(content) > box.most:
        fault = f"It has more than {box.most // 1_000_000} MB."
    else:
        try:
            came = read_arrived(content)
        except Unreadable as error:
            fault = str(error)
    tx.scene.begin_writing()
    if fault:
        return _noted(tx, box, came, Taken(REFUSED, fault))
    if _is_known(tx, box, came.mark):
        return Taken(KNOWN, "It was taken before.")
    try:
        with tx.scene.atomic():
            taken = _take(tx, box, came, content)
    except ValidationFailed as failed:
        taken = Taken(REFUSED, failed.message)
    except TransitionRefused as refused:
        taken = Taken(REFUSED, refused.message)
    return _noted(tx, box, came, taken)


def note_failure(tx: Transaction, box: CompiledMailbox, content: bytes) -> None:
    """Note a mail over which the platform itself stumbled, so that others go on."""
    text = "It could not be taken; the log of the worker says why."
    _noted(tx, box, _unread(content), Taken(REFUSED, text))


def _take(
    tx: Transaction, box: CompiledMailbox, came: Arrived, content: bytes
) -> Taken:
    ignored = _why_ignored(tx, box, came, content)
    if ignored is not None:
        return ignored
    found = find(tx, box, came)
    names = _names(came, found.record is not None)
    if found.record is not None:
        return _answer(tx, box, came, found.record, names)
    env = tx.scene.env(box.reads, names=names)
    if not box.create:
        return Taken(REFUSED, found.note or "It answers no record.")
    if box.when is not None and box.when.run(env) is not True:
        return Taken(IGNORED, found.note or "No record is made of such mails.")
    values: dict[str, Any] = {}
    if box.definition.sender is not None:
        values[box.definition.sender] = came.sender
    values |= plain({name: value.run(env) for name, value in box.create})
    with tx.with_full_rights():
        # A warning is for who works here; a sender cannot judge it.
        made = tx.create(box.entity, values, accept_warnings=True)
    record = made.id or 0
    notes = _keep(tx, box, came, record)
    _then(tx, box, record, names)
    said = " ".join(one for one in (found.note, *notes) if one)
    return Taken(CREATED, said, record)


def _answer(
    tx: Transaction,
    box: CompiledMailbox,
    came: Arrived,
    record: int,
    names: dict[str, Any],
) -> Taken:
    notes = _keep(tx, box, came, record)
    _tell(tx, box.entity, record)
    if box.reopen is not None:
        _reopen(tx, box, record)
    _then(tx, box, record, names)
    return Taken(ANSWERED, " ".join(notes), record)


def _why_ignored(
    tx: Transaction, box: CompiledMailbox, came: Arrived, content: bytes
) -> Taken | None:
    """Reports, own mails, those of machines, and what goes round in a circle."""
    if came.is_report:
        try:
            found = take_bounce(tx, content)
        except ValidationFailed:
            return Taken(IGNORED, "A report about a mail that was not sent from here.")
        return Taken(BOUNCED, ", ".join(found))
    own = mail.c.message_id == came.message_id
    query = sa.select(mail.c.id).where(own, mail.c.direction == "out")
    sent_here = came.message_id and tx.scene.connection.execute(query).first()
    if sent_here or came.sender == tx.runtime.mail_addresses.get(box.id, "").lower():
        return Taken(IGNORED, "It was sent from here.")
    if came.machine and box.auto_replies:
        return Taken(IGNORED, f"A machine wrote it ({came.machine}).")
    taken = sa.select(sa.func.count()).where(
        arrival.c.mailbox == box.id,
        arrival.c.at > tx.scene.moment.now - _HOUR,
        arrival.c.state.in_((CREATED, ANSWERED)),
    )
    count = tx.scene.connection.scalar
    if (count(taken.where(arrival.c.sender == came.sender)) or 0) >= MOST_AN_HOUR:
        text = f"More than {MOST_AN_HOUR} mails came from this sender in an hour."
        return Taken(REFUSED, text)
    # A sender is easily made up: there is a bound for all of them as well.
    if came.machine and (count(taken) or 0) >= MOST_OF_ALL:
        text = f"More than {MOST_OF_ALL} mails came in an hour."
        return Taken(REFUSED, text)
    return None


def _names(came: Arrived, answer: bool) -> dict[str, Any]:
    found = {
        "subject": without_tags(came.subject) or None,
        "text": came.text or None,
        "html": came.html or None,
        "sender": came.sender,
        "sender_name": came.sender_name or None,
        "to": ", ".join(address for _, address in came.receivers) or None,
        "message_id": came.message_id or None,
        "received": came.received,
        "answer": answer,
    }
    return {f"src.{name}": value for name, value in found.items()}


def _keep(
    tx: Transaction, box: CompiledMailbox, came: Arrived, record: int
) -> list[str]:
    """Write the mail into the timeline and hang its files there; what was left out."""
    notes, files = list(came.notes), []
    with tx.with_full_rights():
        for one in came.files:
            try:
                made = attach(tx, box.entity, record, BytesIO(one.content), one.name)
            except ValidationFailed as failed:
                notes.append(failed.message)
                continue
            files.append(attached_file(tx, box.entity, record, made)._asdict())
    receivers = [
        {"address": address, "role": role, "state": "received", "said": ""}
        for role, address in came.receivers[:100]
    ]
    insert(
        tx,
        mail,
        entity=box.entity,
        record=record,
        direction="in",
        kind="transactional",
        message_id=came.message_id[:255],
        sender=came.sender,
        answers=next((one[:255] for one in came.answers), None),
        subject=one_line(came.subject),
        body=came.text,
        receivers=receivers,
        files=files,
        state="received",
        said=" ".join(notes)[:_LONGEST] or None,
    )
    return notes


def _tell(tx: Transaction, entity: str, record: int) -> None:
    """Tell who follows the record, and who wrote to it last."""
    query = sa.select(mail.c.author).where(
        mail.c.entity == entity,
        mail.c.record == record,
        mail.c.direction == "out",
        mail.c.author.is_not(None),
    )
    found = tx.scene.connection.execute(query.order_by(mail.c.id.desc()).limit(1))
    author = found.scalar_one_or_none()
    notify(tx, entity, record, "mail", set() if author is None else {author})


def _reopen(tx: Transaction, box: CompiledMailbox, record: int) -> None:
    """Take the transition that opens a record anew, if it is possible there."""
    from core.services.actions import take_transition

    assert box.reopen is not None
    try:
        with tx.scene.atomic(), tx.acting_for(f"{KIND} {box.id}"):
            take_transition(tx, box.entity, record, box.reopen, {})
    except (TransitionRefused, ValidationFailed):
        # It is open already, or must not be opened any more: the mail stays.
        return


def _then(
    tx: Transaction, box: CompiledMailbox, record: int, names: dict[str, Any]
) -> None:
    if not box.action.effects:
        return
    entity = tx.runtime.compiled.entity(box.entity)
    paths = box.action.reads.this
    found = tx.scene.loader.load(box.entity, [record], paths)[record]
    run_by_itself(tx, f"{KIND} {box.id}", Stage(entity, found, dict(names), box.action))


def _is_known(tx: Transaction, box: CompiledMailbox, mark: str) -> bool:
    """Whether the mail was taken; one that was refused may come again."""
    same = sa.and_(arrival.c.mailbox == box.id, arrival.c.mark == mark)
    query = sa.select(arrival.c.state).where(same)
    state = tx.scene.connection.execute(query).scalar_one_or_none()
    return state is not None and state != REFUSED


def _noted(tx: Transaction, box: CompiledMailbox, came: Arrived, taken: Taken) -> Taken:
    connection = tx.scene.connection
    same = sa.and_(arrival.c.mailbox == box.id, arrival.c.mark == came.mark)
    connection.execute(arrival.delete().where(same))
    row = {
        "mailbox": box.id,
        "mark": came.mark,
        "at": tx.scene.moment.now,
        "sender": came.sender,
        "subject": one_line(came.subject),
        "state": taken.state,
        "said": taken.said[:_LONGEST] or None,
        "entity": box.entity if taken.record else None,
        "record": taken.record,
    }
    connection.execute(sa.insert(arrival).values(**row))
    return taken


def _unread(content: bytes) -> Arrived:
    """What is known of a mail that was not read."""
    import hashlib

    first = clean(content[:2000].decode("utf-8", "replace"))
    lines = [line for line in first.splitlines() if line[:8].lower() == "subject:"]
    return Arrived(
        mark=hashlib.sha256(content).hexdigest(),
        subject=lines[0][8:].strip() if lines else "",
        text="",
        html="",
        sender="",
        sender_name="",
        receivers=(),
        reached=(),
        message_id="",
        answers=(),
        received=None,
        machine="",
        is_report=False,
        files=(),
        notes=(),
    )
