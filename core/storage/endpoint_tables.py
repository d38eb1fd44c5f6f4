"""The platform's table of calls of endpoints: who called, and what became of it.

Written by core.services.endpoints. What a call said is not kept.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, DOCUMENT, metadata

endpoint_call = sa.Table(
    "platform_endpoint_call",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("endpoint", sa.String(81), nullable=False),
    # by it a call counts once; one that was refused has none
    sa.Column("key", sa.String(200)),
    # of the body, so that one key is not used for two calls
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("actor", sa.BigInteger),
    # bearer, key, signature, none
    sa.Column("way", sa.String(16), nullable=False),
    sa.Column("address", sa.String(64)),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("said", sa.String(500)),
    sa.Column("answer", DOCUMENT),
    sa.Column("entity", sa.String(81)),
    sa.Column("record", sa.BigInteger),
    # how often it came again
    sa.Column("repeated", sa.Integer, nullable=False),
    sa.UniqueConstraint("endpoint", "key"),
    sa.Index("platform_endpoint_call_at", "at"),
)
