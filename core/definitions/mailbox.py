"""`mailbox:` mails that come to an address, and the records they become or answer.

Read by core.registry.check_mailboxes; taken in by core.services.mailboxes.
"""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from typing import Literal

from core.definitions.effect import EffectDef
from core.frozen import frozen
from core.source import (
    Bool,
    Described,
    Duration,
    Expr,
    Id,
    ListOf,
    Map,
    Name,
    Part,
    Text,
    Values,
)


@frozen(kw_only=True)
class ThreadDef(Part):
    """How an answer finds its record, and the transition that it takes there.

    `message_id`: by the mail that it answers, from an address that the record knows.
    `subject_tag`, `address`: by a signed mark in the subject or behind the `+` of the
    address, which mails about the record carry.
    """

    match: ListOf[Literal["message_id", "subject_tag", "address"]] = (
        "message_id",
        "address",
    )
    reopen: Name | None = None


@frozen(kw_only=True)
class RejectMailDef(Part):
    """What is left alone: mails that machines wrote, and those that are too large."""

    auto_replies: Bool = True
    larger_than: Text = "10 MB"


@frozen(kw_only=True)
class MailboxDef(Described):
    """Mails to `address` land at the record of `entity` that they answer, or make one.

    The mail is `src`: `subject`, `text`, `html`, `sender`, `sender_name`, `to`,
    `message_id`, `received`, and `answer`, whether it answers a record. `when` decides
    which mails make a record of `create`; `sender` is its field for the address that
    the mail came from. `do` are effects on the record of each mail that was taken.
    The server is asked `every` so often; where it is, the installation says.
    """

    entity: Id
    address_: Text | None = None
    when: Expr | None = None
    sender: Name | None = None
    create: Values = field(default_factory=Map)
    thread: ThreadDef | None = None
    reject: RejectMailDef | None = None
    do: ListOf[EffectDef] = ()
    every: Duration = timedelta(minutes=1)
    enabled: Bool = True
