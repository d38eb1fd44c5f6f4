"""The platform's tables of uploaded files: what came, and where it is used.

Written by core.services.files in the transaction of the save it belongs to.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, metadata

#: One row per upload: the same bytes under two names, or by two people, are two.
file = sa.Table(
    "platform_file",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("media_type", sa.String(127), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("uploaded_by", sa.BigInteger),
    sa.Column("uploaded_at", UtcDateTime(), nullable=False),
    # when a record last took it or gave it up: cleaning goes by it
    sa.Column("touched_at", UtcDateTime(), nullable=False),
    sa.Index("platform_file_hash", "sha256", "id"),
)

#: Which field of which record holds a file; attachments stand under no field.
file_use = sa.Table(
    "platform_file_use",
    metadata,
    sa.Column("entity", sa.String(81), primary_key=True),
    sa.Column("record", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("field", sa.String(81), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Index("platform_file_use_hash", "sha256"),
)
