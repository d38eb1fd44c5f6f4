"""The platform's tables of views that people save for themselves and others.

Written by core.services.saved_views.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, DOCUMENT, metadata

saved_view = sa.Table(
    "platform_saved_view",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("entity", sa.String(81), nullable=False),
    sa.Column("owner", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    # null: for the owner alone; []: for everybody; else the ids of roles
    sa.Column("roles", DOCUMENT),
    # what core.services.saved_views.STATE names
    sa.Column("state", DOCUMENT, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.UniqueConstraint("entity", "owner", "name"),
)

#: The view that a person's lists of an entity begin with.
usual_view = sa.Table(
    "platform_usual_view",
    metadata,
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("entity", sa.String(81), primary_key=True),
    sa.Column("view", sa.BigInteger, nullable=False, index=True),
)
