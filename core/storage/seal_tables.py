"""The platform's tables of seals over the audit; see core.services.sealing."""

from __future__ import annotations

import sqlalchemy as sa

from core.expressions.storage_types import UtcDateTime
from core.storage.tables import BIG_ID, metadata

#: The entity and the action under which the audit keeps what is known of itself.
ITSELF = "platform.audit"
AMENDED = "amended"

audit_seal = sa.Table(
    "platform_audit_seal",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True),
    sa.Column("at", UtcDateTime(), nullable=False),
    # the ids of its first and last entry
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    # per entry its id (8 bytes) and the head of its digest (16 bytes)
    sa.Column("entries", sa.LargeBinary, nullable=False),
    # SHA-256 over the digest of the seal before and the entries, in hexadecimal digits
    sa.Column("digest", sa.String(64), nullable=False),
)
