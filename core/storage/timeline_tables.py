"""The platform's tables of what people say and plan about records.

Written by core.services.timeline; rows belong to a record by its entity and id.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import IsoDate, UtcDateTime
from core.storage.tables import BIG_ID, metadata


def _about(name: str, *columns: sa.Column[object] | sa.Index) -> sa.Table:
    """A table of rows about a record, found by it."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("entity", sa.String(81), nullable=False),
        sa.Column("record", sa.BigInteger, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.BigInteger),
        *columns,
        sa.Index(f"{name}_about", "entity", "record", "id"),
    )


comment = _about("platform_comment", sa.Column("body", sa.Text, nullable=False))

attachment = _about(
    "platform_attachment",
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String(127), nullable=False),
)

activity = _about(
    "platform_activity",
    # todo, call, mail, meeting
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("summary", sa.String(255), nullable=False),
    sa.Column("due", IsoDate()),
    sa.Column("person", sa.BigInteger),
    sa.Column("done_at", UtcDateTime()),
)

notification = _about(
    "platform_notification",
    sa.Column("person", sa.BigInteger, nullable=False),
    # mention, comment, activity, file, mail, message
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("read_at", UtcDateTime()),
    sa.Index("platform_notification_person", "person", "read_at", "id"),
)

#: What a message says; other notices say it by their kind.
notice_text = sa.Table(
    "platform_notice_text",
    metadata,
    sa.Column("notice", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("text", sa.String(500), nullable=False),
    # info, ok, warn, bad
    sa.Column("level", sa.String(8), nullable=False),
)

approval = _about(
    "platform_approval",
    sa.Column("workflow", sa.String(81), nullable=False),
    sa.Column("state", sa.String(64), nullable=False),
    # asked begins a round; approved and rejected are the answers in it
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    # The people for whom a deputy decided.
    sa.Column("deputy_for", sa.JSON),
)

follower = sa.Table(
    "platform_follower",
    metadata,
    sa.Column("entity", sa.String(81), primary_key=True),
    sa.Column("record", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
)

ABOUT = (comment, attachment, activity, notification, follower)
