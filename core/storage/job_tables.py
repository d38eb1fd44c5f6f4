"""The platform's tables of work that is done after a commit, and of webhooks.

Written by core.jobs and core.services.webhooks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, DOCUMENT, metadata

webhook = sa.Table(
    "platform_webhook",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("entity", sa.String(81), nullable=False),
    # words of events such as created, or * for all of them
    sa.Column("events", DOCUMENT, nullable=False),
    sa.Column("filter", sa.Text),
    sa.Column("url", sa.String(2000), nullable=False),
    # encrypted with the key of the installation
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("owner", sa.BigInteger),
    sa.Column("at", UtcDateTime(), nullable=False),
)

schedule = sa.Table(
    "platform_schedule",
    metadata,
    sa.Column("id", sa.String(81), primary_key=True),
    # when it runs, as it was written when `next_at` was worked out
    sa.Column("rule", sa.String(500), nullable=False),
    sa.Column("next_at", UtcDateTime(), nullable=False),
    sa.Column("last_at", UtcDateTime()),
)

timer = sa.Table(
    "platform_timer",
    metadata,
    # drawn at random: a number that was used once never comes again
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("timer", sa.String(140), nullable=False),
    sa.Column("entity", sa.String(81), nullable=False),
    sa.Column("record", sa.BigInteger, nullable=False),
    # empty once a job has been made of it
    sa.Column("due_at", UtcDateTime()),
    sa.Column("runs", sa.Integer, nullable=False),
    sa.Index("platform_timer_due", "due_at"),
    sa.Index("platform_timer_record", "entity", "record"),
)

job = sa.Table(
    "platform_job",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    # who does it: `webhook:7`
    sa.Column("consumer", sa.String(80), nullable=False),
    # the row of the outbox that it follows
    sa.Column("event", sa.BigInteger, nullable=False),
    # jobs of one consumer with one key run one after the other
    sa.Column("key", sa.String(120), nullable=False),
    sa.Column("payload", DOCUMENT, nullable=False),
    # waiting, running, done, dead
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime(), nullable=False),
    sa.Column("lease_until", UtcDateTime()),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("ended_at", UtcDateTime()),
    sa.Column("said", sa.String(500)),
    sa.UniqueConstraint("consumer", "event"),
    sa.Index("platform_job_due", "state", "due_at", "id"),
    sa.Index("platform_job_order", "consumer", "key", "id"),
)


def waiting_job(
    consumer: str, event: int, key: str, payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """The row of a job that nobody has tried; of one consumer and event there is one.

    Jobs of one consumer with one key are done one after the other.
    """
    return {
        "consumer": consumer,
        "event": event,
        "key": key,
        "payload": payload,
        "state": "waiting",
        "attempts": 0,
        "due_at": now,
        "at": now,
    }
