"""Mails as administrators see them: all of them, and how each went.

Read by pages, API and command line.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.mails.suppression import require_admin
from core.storage import mail

if TYPE_CHECKING:
    from core.services.reader import Reader

#: What a mail may be.
STATES = ("waiting", "sent", "refused", "failed", "received")


@frozen
class MailEntry:
    """One mail; `receivers` are {address, role, state, said}."""

    id: int
    entity: str
    record: int
    direction: str
    template: str | None
    kind: str
    message_id: str
    sender: str | None
    subject: str
    receivers: tuple[dict[str, Any], ...]
    state: str
    at: datetime
    sent_at: datetime | None
    said: str | None


def list_mails(reader: Reader, state: str = "", limit: int = 100) -> list[MailEntry]:
    """The latest mails, newest first; NotAllowed for who is no administrator."""
    require_admin(reader)
    query = sa.select(mail)
    if state:
        query = query.where(mail.c.state == state)
    rows = reader.scene.connection.execute(
        query.order_by(mail.c.id.desc()).limit(limit)
    )
    return [
        MailEntry(
            row.id,
            row.entity,
            row.record,
            row.direction,
            row.template,
            row.kind,
            row.message_id,
            row.sender,
            row.subject,
            tuple(row.receivers),
            row.state,
            row.at,
            row.sent_at,
            row.said,
        )
        for row in rows
    ]
