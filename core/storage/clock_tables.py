"""The platform's tables of clocks: how each stands for each record, what happened.

Written by core.services.clocks.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, DOCUMENT, metadata

clock = sa.Table(
    "platform_clock",
    metadata,
    sa.Column("clock", sa.String(81), primary_key=True),
    sa.Column("record", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("entity", sa.String(81), nullable=False),
    # running, paused, overdue; ended: met, missed
    sa.Column("state", sa.String(10), nullable=False),
    # [beginning, end] of each time it ran, as texts; an empty end: it runs
    sa.Column("stretches", DOCUMENT, nullable=False),
    # in microseconds; empty: none is known
    sa.Column("target", sa.BigInteger),
    sa.Column("calendar", sa.BigInteger),
    # when the time is over; empty while it stands still before that
    sa.Column("due_at", UtcDateTime()),
    # place of a warning or breach -> how often it was done
    sa.Column("done", DOCUMENT, nullable=False),
    # whether `restart` was true when it was looked at last
    sa.Column("restarting", sa.Boolean, nullable=False),
    sa.Column("began_at", UtcDateTime(), nullable=False),
    sa.Column("ended_at", UtcDateTime()),
    sa.Index("platform_clock_record", "entity", "record"),
    sa.Index("platform_clock_calendar", "clock", "calendar"),
    sa.Index("platform_clock_due", "clock", "state", "due_at"),
)

clock_note = sa.Table(
    "platform_clock_note",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("clock", sa.String(81), nullable=False),
    sa.Column("entity", sa.String(81), nullable=False),
    sa.Column("record", sa.BigInteger, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("author", sa.BigInteger),
    # started, paused, resumed, restarted, overdue, moved, met, missed
    sa.Column("what", sa.String(10), nullable=False),
    # why it was moved: target, calendar or hours
    sa.Column("why", sa.String(10)),
    sa.Column("was_due", UtcDateTime()),
    sa.Column("due", UtcDateTime()),
    sa.Index("platform_clock_note_about", "entity", "record", "id"),
)
