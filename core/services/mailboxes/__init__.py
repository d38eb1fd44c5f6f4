"""Mails that come in: asked for at servers, or given as files, and what became of them.

The worker and administrators take them in; `taking` says how, `marks` makes what leads
an answer back to its record.
"""

from core.services.mailboxes.listing import (
    ARRIVAL_STATES,
    MOST_BYTES,
    Arrival,
    MailboxState,
    at_work,
    list_arrivals,
    list_mailboxes,
    pull_now,
    take_file,
)
from core.services.mailboxes.marks import address_of, box_for, tag_of
from core.services.mailboxes.taking import KIND, Taken, mailbox_of

__all__ = [
    "ARRIVAL_STATES",
    "KIND",
    "MOST_BYTES",
    "Arrival",
    "MailboxState",
    "Taken",
    "address_of",
    "at_work",
    "box_for",
    "list_arrivals",
    "list_mailboxes",
    "mailbox_of",
    "pull_now",
    "tag_of",
    "take_file",
]
