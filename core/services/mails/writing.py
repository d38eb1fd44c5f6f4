"""Writing a mail at a record: what is proposed, and what is sent.

Called by pages, the API and the command line; it needs the verb `mail` on the record.
A template is offered to who may read every field that it reads, for it is shown to him
before it goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.fieldtypes.files import StoredFile
from core.frozen import frozen
from core.registry import mail_field, words
from core.services.errors import NotFound
from core.services.mailboxes.marks import box_for
from core.services.mails.queue import queue
from core.services.mails.receivers import typed_addresses
from core.services.mails.templates import (
    LONGEST_BODY,
    Letter,
    fill,
    is_readable,
    loaded,
    mail_of,
    one_line,
)
from core.services.people import USER
from core.services.timeline.about import require_timeline, require_verb, wrong
from core.services.timeline.attachments import attached_file
from core.storage import mail

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

VERB = "mail"
#: Bytes of all files of one mail; servers take little more.
MOST_BYTES = 20_000_000


@frozen(kw_only=True)
class Draft:
    """A mail that is proposed: to whom, and what it says."""

    template: str
    to: str
    subject: str
    body: str
    files: tuple[str, ...] = ()


def may_write(reader: Reader, entity: str, record: int) -> bool:
    """Whether the actor may send mails about a record."""
    compiled = reader.runtime.compiled.entity(entity)
    if not compiled.definition.timeline or not reader.access.can(entity, VERB):
        return False
    return record in reader.permitted(entity, VERB, [record])


def templates(reader: Reader, entity: str) -> list[tuple[str, str]]:
    """Ids and labels of the mails about records of an entity."""
    registry = reader.runtime.compiled.registry
    return [
        (id_, one.label or words(id_.rpartition(".")[2]))
        for id_, one in registry.mails.items()
        if one.entity == entity
        and not one.hidden
        and is_readable(reader, mail_of(reader.runtime, id_))
    ]


def draft(reader: Reader, entity: str, record: int, template: str = "") -> Draft:
    """What is proposed for a record; NotFound for a template that is not for it."""
    require_verb(reader, entity, record, VERB)
    to, language = _proposed(reader, entity, record)
    if not template:
        return Draft(template="", to=to, subject="", body="")
    letter = _filled(reader, entity, record, template, language)
    return Draft(
        template=template,
        to=to,
        subject=letter.subject,
        body=letter.body,
        files=tuple(one.name for one in letter.files),
    )


def write_mail(
    tx: Transaction, entity: str, record: int, values: Mapping[str, Any]
) -> int:
    """Queue a mail of `to`, `cc`, `subject`, `body`, `template`, `attachments`.

    `to` and `cc` are texts with addresses; without `subject` and `body` those of the
    template are taken. attachments: ids of files that hang on the record. Returns the
    id of the mail; ValidationFailed names what is wrong.
    """
    require_verb(tx, entity, record, VERB)
    proposed, language = _proposed(tx, entity, record)
    template = str(values.get("template") or "")
    letter = Letter(subject="", body="", reply_to=_own_address(tx, entity))
    if template:
        letter = _filled(tx, entity, record, template, language)
    given = values.get("to")
    to = typed_addresses("to", proposed if given is None else str(given))
    if not to:
        raise wrong("to", "required", "Say who gets it.")
    subject = one_line(str(values.get("subject") or "")) or letter.subject
    body = _body(str(values.get("body") or "")) or letter.body
    if not subject:
        raise wrong("subject", "required", "Write a subject.")
    if not body:
        raise wrong("body", "required", "Write something first.")
    chosen = values.get("attachments") or ()
    files = [attached_file(tx, entity, record, id_) for id_ in chosen]
    cc = typed_addresses("cc", str(values.get("cc") or ""))
    made = Letter(
        subject=subject,
        body=body,
        kind=letter.kind,
        template=template or None,
        reply_to=letter.reply_to,
        answers=_answered(tx, entity, record),
        files=_together(letter.files, files),
    )
    return queue(tx, (entity, record), made, to, cc)


def _together(
    first: Sequence[StoredFile], more: Sequence[StoredFile]
) -> tuple[StoredFile, ...]:
    """Each file once; ValidationFailed if they are too large together."""
    files = {one.sha256: one for one in (*first, *more)}.values()
    if sum(one.size for one in files) > MOST_BYTES:
        message = f"The files of a mail have at most {MOST_BYTES // 1_000_000} MB."
        raise wrong("attachments", "too_large", message)
    return tuple(files)


def _filled(
    reader: Reader, entity: str, record: int, template: str, language: str
) -> Letter:
    known = reader.runtime.compiled.registry.mails.get(template)
    found = None
    if known is not None and known.entity == entity:
        mail = mail_of(reader.runtime, template)
        if is_readable(reader, mail):
            found = loaded(reader, mail, record)
    if found is None:
        raise NotFound(f"There is no mail '{template[:81]}' for this record.")
    return fill(reader, mail, found, language)


def _proposed(reader: Reader, entity: str, record: int) -> tuple[str, str]:
    """The address in the record that the actor may read, and its language."""
    require_timeline(reader, entity, record)
    definition = reader.runtime.compiled.registry.entities[entity]
    readable = reader.access.of(entity).readable
    field = mail_field(definition)
    if field is None or field not in readable:
        return "", ""
    language = "language" in definition.fields and "language" in readable
    names = (field, "language") if language else (field,)
    values = reader.get(entity, record, names).values
    return str(values.get(field) or ""), str(values.get("language") or "")


def _answered(reader: Reader, entity: str, record: int) -> str | None:
    """The id of the mail that came in last about a record."""
    query = sa.select(mail.c.message_id).where(
        mail.c.entity == entity, mail.c.record == record, mail.c.direction == "in"
    )
    found = reader.scene.connection.execute(query.order_by(mail.c.id.desc()).limit(1))
    return found.scalar_one_or_none() or None


def _own_address(reader: Reader, entity: str) -> str | None:
    """Where an answer to a mail that somebody wrote goes to.

    None where a mailbox takes it to the record.
    """
    person = reader.actor.user_id
    if box_for(reader.runtime, entity) is not None:
        return None
    if person is None or USER not in reader.runtime.compiled.tables:
        return None
    paths = frozenset({("email",)})
    found = reader.scene.loader.load(USER, [person], paths).get(person)
    return None if found is None else found.values.get("email")


def _body(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > LONGEST_BODY:
        message = f"A mail has at most {LONGEST_BODY:,} characters."
        raise wrong("body", "too_long", message)
    return text
