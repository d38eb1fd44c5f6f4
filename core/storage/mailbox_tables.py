"""The platform's tables of mailboxes and of the mails that came to them.

Written by core.services.mailboxes.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, metadata

mailbox = sa.Table(
    "platform_mailbox",
    metadata,
    sa.Column("id", sa.String(81), primary_key=True),
    # how far the folder on the server was read (RFC 3501, 2.3.1.1)
    sa.Column("validity", sa.BigInteger),
    sa.Column("last_uid", sa.BigInteger),
    sa.Column("pulled_at", UtcDateTime()),
    # failures since the last success, and what the last one was
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("said", sa.String(500)),
)

arrival = sa.Table(
    "platform_mail_in",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("mailbox", sa.String(81), nullable=False),
    # digest of what makes a mail this one: it is taken once
    sa.Column("mark", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("sender", sa.String(320), nullable=False),
    sa.Column("subject", sa.String(500), nullable=False),
    # created, answered, bounced, ignored, refused
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("said", sa.String(500)),
    sa.Column("entity", sa.String(81)),
    sa.Column("record", sa.BigInteger),
    sa.UniqueConstraint("mailbox", "mark"),
    sa.Index("platform_mail_in_sender", "mailbox", "sender", "at"),
    sa.Index("platform_mail_in_about", "entity", "record"),
)
