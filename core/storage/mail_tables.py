"""The platform's tables of mails and of addresses that get none.

Written by core.services.mails; a mail belongs to a record by its entity and id.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, DOCUMENT, metadata

mail = sa.Table(
    "platform_mail",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("entity", sa.String(81), nullable=False),
    sa.Column("record", sa.BigInteger, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("author", sa.BigInteger),
    # out, in
    sa.Column("direction", sa.String(3), nullable=False),
    # the id of its definition; none was written by hand
    sa.Column("template", sa.String(81)),
    # transactional, marketing
    sa.Column("kind", sa.String(16), nullable=False),
    # drawn when the mail is queued, so every try sends the same mail
    sa.Column("message_id", sa.String(255), nullable=False),
    # of a mail that came in
    sa.Column("sender", sa.String(320)),
    sa.Column("answers", sa.String(255)),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("reply_to", sa.String(320)),
    # [{address, role, state, said}]: role is to or cc
    sa.Column("receivers", DOCUMENT, nullable=False),
    # [{sha256, name, size, media_type}]
    sa.Column("files", DOCUMENT, nullable=False),
    # waiting, sent, refused, failed; received
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("sent_at", UtcDateTime()),
    sa.Column("said", sa.String(500)),
    sa.Index("platform_mail_about", "entity", "record", "id"),
    sa.Index("platform_mail_message", "message_id"),
    sa.Index("platform_mail_sent", "sent_at"),
)

suppressed = sa.Table(
    "platform_mail_suppressed",
    metadata,
    # in small letters
    sa.Column("address", sa.String(320), primary_key=True),
    # refused, bounced, unsubscribed, entered
    sa.Column("reason", sa.String(16), nullable=False),
    # only mails of the kind marketing are kept back
    sa.Column("marketing", sa.Boolean, nullable=False),
    sa.Column("said", sa.String(500)),
    sa.Column("at", UtcDateTime(), nullable=False),
)
