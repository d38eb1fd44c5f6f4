"""The platform's tables of assignments: who got what and why, and whose turn it is.

Written by core.services.assigning.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, metadata

assigned = sa.Table(
    "platform_assigned",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("assignment", sa.String(81), nullable=False),
    # empty: none found anybody, so it is the fallback, or nobody
    sa.Column("rule", sa.String(64)),
    sa.Column("entity", sa.String(81), nullable=False),
    sa.Column("record", sa.BigInteger, nullable=False),
    sa.Column("person", sa.BigInteger),
    sa.Column("said", sa.String(500)),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("author", sa.BigInteger),
    sa.Index("platform_assigned_about", "entity", "record", "id"),
    sa.Index("platform_assigned_person", "assignment", "person", "at"),
)

assign_turn = sa.Table(
    "platform_assign_turn",
    metadata,
    sa.Column("assignment", sa.String(81), primary_key=True),
    # empty in the row that everybody locks, whose number is the last one drawn
    sa.Column("rule", sa.String(64), primary_key=True),
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)
