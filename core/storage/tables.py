"""The platform's own tables, beside those that definitions make.

Created by `create_system_tables` before any business table; the services write them in
the transaction of the save they belong to.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from core.expressions import install_functions
from core.expressions.storage_types import UtcDateTime

metadata = sa.MetaData()

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    JSONB(none_as_null=True), "postgresql"
)


def _id() -> sa.Column[int]:
    return sa.Column("id", BIG_ID, primary_key=True)


def _text(name: str, length: int = 255, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), **{"nullable": False, **options})


audit = sa.Table(
    "platform_audit",
    metadata,
    _id(),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("actor", sa.BigInteger),
    _text("via", 16),
    _text("entity", 81),
    sa.Column("record", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    _text("action", 40),
    # {field: [old, new]}, values as in the API
    sa.Column("changes", DOCUMENT, nullable=False),
    sa.Index("platform_audit_record", "entity", "record", "id"),
)

outbox = sa.Table(
    "platform_outbox",
    metadata,
    _id(),
    sa.Column("at", UtcDateTime(), nullable=False),
    _text("event", 122),
    _text("entity", 81),
    sa.Column("record", sa.BigInteger),
    sa.Column("payload", DOCUMENT, nullable=False),
    sa.Column("delivered_at", UtcDateTime()),
    sa.Index(
        "platform_outbox_waiting",
        "id",
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    ),
)

number = sa.Table(
    "platform_number",
    metadata,
    _text("series", primary_key=True),
    _text("period", 16, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)

external_id = sa.Table(
    "platform_external_id",
    metadata,
    _text("entity", 81, primary_key=True),
    _text("key", primary_key=True),
    sa.Column("record", sa.BigInteger, nullable=False),
    sa.Index("platform_external_id_record", "entity", "record"),
)

merged = sa.Table(
    "platform_merged",
    metadata,
    _text("entity", 81, primary_key=True),
    sa.Column("record", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("survivor", sa.BigInteger, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("actor", sa.BigInteger),
    sa.Index("platform_merged_survivor", "entity", "survivor"),
)

snapshot = sa.Table(
    "platform_snapshot",
    metadata,
    _id(),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("document", DOCUMENT, nullable=False),
)

module = sa.Table(
    "platform_module",
    metadata,
    _text("name", 40, primary_key=True),
    # enabled, disabled
    _text("state", 16),
    _text("version", 40),
    sa.Column("changed_at", UtcDateTime(), nullable=False),
)

idempotency = sa.Table(
    "platform_idempotency",
    metadata,
    _text("key", primary_key=True),
    sa.Column("actor", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("request_hash", 64),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("response", DOCUMENT),
    sa.Column("at", UtcDateTime(), nullable=False, index=True),
)

#: Two records that look alike and are not the same; the older one is the first.
apart = sa.Table(
    "platform_apart",
    metadata,
    _text("entity", 81, primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("second", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("by", sa.BigInteger),
    sa.Index("platform_apart_second", "entity", "second"),
)

setting = sa.Table(
    "platform_setting",
    metadata,
    # system, company or user; the owner of system settings is 0
    _text("scope", 16, primary_key=True),
    sa.Column("owner", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("module", 40, primary_key=True),
    _text("name", 40, primary_key=True),
    sa.Column("value", DOCUMENT),
)

seed = sa.Table(
    "platform_seed",
    metadata,
    _text("entity", 81, primary_key=True),
    _text("key", primary_key=True),
    sa.Column("record", sa.BigInteger, nullable=False),
    # data or demo
    _text("kind", 8, index=True),
    _text("module", 40),
    # {field: [fingerprint of the shipped text, of the value it became]}
    sa.Column("shipped", DOCUMENT, nullable=False),
)

import_mapping = sa.Table(
    "platform_import_mapping",
    metadata,
    _text("entity", 81, primary_key=True),
    _text("name", primary_key=True),
    _text("header_hash", 64, index=True),
    sa.Column("mapping", DOCUMENT, nullable=False),
)

import_run = sa.Table(
    "platform_import",
    metadata,
    _id(),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("actor", sa.BigInteger),
    _text("entity", 81),
    _text("file"),
    # The file's own digest: by it an interrupted import finds its file again.
    _text("digest", 64),
    # running, done, undoing, undone
    _text("state", 16),
    # {mapping, options, warnings}
    sa.Column("wish", DOCUMENT, nullable=False),
    *(
        sa.Column(name, sa.Integer, nullable=False, default=0)
        for name in ("rows", "created", "updated", "unchanged", "rejected")
    ),
    sa.Column("ended_at", UtcDateTime()),
    sa.Column("undone_at", UtcDateTime()),
    sa.Column("undone_by", sa.BigInteger),
    # {deleted, restored, kept: [[entity, id, reason], ...]}
    sa.Column("undone", DOCUMENT),
    sa.Index("platform_import_file", "entity", "digest"),
)

import_part = sa.Table(
    "platform_import_part",
    metadata,
    sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    # {created, updated, also, external, rejected, errors} of one chunk of rows
    sa.Column("touched", DOCUMENT, nullable=False),
)


def create_system_tables(connection: sa.Connection) -> None:
    """Create the platform's tables and functions that are missing."""
    metadata.create_all(connection)
    if connection.dialect.name == "postgresql":
        install_functions(connection)
