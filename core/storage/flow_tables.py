"""The platform's tables of flows: their instances, what each step did, events heard.

Written by core.services.flows and core.jobs.flows.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, DOCUMENT, metadata

_ONE_PER_KEY = sa.text("state <> 'cancelled'")

flow = sa.Table(
    "platform_flow",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("flow", sa.String(81), nullable=False),
    sa.Column("entity", sa.String(81), nullable=False),
    sa.Column("record", sa.BigInteger, nullable=False),
    # of one key there is one instance; empty: any number
    sa.Column("key", sa.String(200)),
    # running, held, waiting, failed; ended: done, left, cancelled
    sa.Column("state", sa.String(10), nullable=False),
    # where it rests, with the reason
    sa.Column("step", sa.String(64)),
    sa.Column("code", sa.String(64)),
    sa.Column("said", sa.String(500)),
    # how often it has rested: a wake-up is for one rest only
    sa.Column("turn", sa.Integer, nullable=False),
    # when it is woken next; empty once a job has been made of it
    sa.Column("due_at", UtcDateTime()),
    # when the clock ends the rest
    sa.Column("rest_until", UtcDateTime()),
    sa.Column("give_up_at", UtcDateTime()),
    # event, leave or hand; empty: the clock
    sa.Column("woken", sa.String(8)),
    # the last event that was heard when the last turn began
    sa.Column("heard", sa.BigInteger, nullable=False),
    # rests since then, and nobody has looked yet whether something was missed
    sa.Column("fresh", sa.Boolean, nullable=False),
    # what was handed over; name of a result -> [entity, id]; step -> how it went
    sa.Column("input", DOCUMENT, nullable=False),
    sa.Column("results", DOCUMENT, nullable=False),
    sa.Column("states", DOCUMENT, nullable=False),
    # how often a way back was gone and a step was tried
    sa.Column("counts", DOCUMENT, nullable=False),
    # what set it off by itself, the outermost first
    sa.Column("chain", DOCUMENT, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("author", sa.BigInteger),
    sa.Column("changed_at", UtcDateTime(), nullable=False),
    sa.Column("ended_at", UtcDateTime()),
    sa.Index("platform_flow_due", "due_at"),
    sa.Index("platform_flow_record", "entity", "record", "id"),
    sa.Index("platform_flow_rest", "flow", "state", "step"),
    sa.Index(
        "platform_flow_key",
        "flow",
        "key",
        unique=True,
        sqlite_where=_ONE_PER_KEY,
        postgresql_where=_ONE_PER_KEY,
    ),
)

flow_step = sa.Table(
    "platform_flow_step",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("instance", sa.BigInteger, nullable=False),
    sa.Column("flow", sa.String(81), nullable=False),
    sa.Column("entity", sa.String(81), nullable=False),
    sa.Column("record", sa.BigInteger, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("author", sa.BigInteger),
    sa.Column("step", sa.String(64)),
    # started, woken, done, held, waiting, skipped, failed, undone, left, cancelled
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("said", sa.String(500)),
    # the results as they were then, for undoing
    sa.Column("results", DOCUMENT),
    sa.Index("platform_flow_step_of", "instance", "id"),
    sa.Index("platform_flow_step_about", "entity", "record", "id"),
)

#: Events that some flow waits for, numbered in the order in which they were handed on.
flow_heard = sa.Table(
    "platform_flow_heard",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("event", sa.String(122), nullable=False),
    sa.Column("record", sa.BigInteger),
    # the instance that raised it
    sa.Column("raised_by", sa.BigInteger),
    sa.Index("platform_flow_heard_event", "event", "id"),
)
