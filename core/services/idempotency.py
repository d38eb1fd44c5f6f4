"""Remembers the answers to writes, so that a repeated request writes once.

Called by the API inside the transaction of the write: the answer is kept if and only if
the write is. On PostgreSQL a lock tells that the same key is at work right now; SQLite
lets one writer in at a time, so there the second one finds the answer of the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.errors import AppError
from core.storage import tables

LONGEST_KEY = 255
KEPT_FOR = timedelta(days=2)
_SWEPT = 100


class KeyReused(AppError):
    """The key was used before, with another request."""

    code = "idempotency_key_reused"


class KeyInUse(AppError):
    """A request with this key is at work at this moment."""

    code = "idempotency_key_in_use"


@frozen
class KeptAnswer:
    """What was answered the first time: an HTTP status, a body and headers."""

    status: int
    body: str
    headers: Mapping[str, str]


def claim(
    connection: sa.Connection, actor: int, key: str, request_hash: str
) -> KeptAnswer | None:
    """Return the answer kept for the key, or None: then the caller does the work.

    `actor` 0 stands for the platform. KeyReused if the key belongs to a request with
    another hash, KeyInUse if another transaction has claimed it and not ended.
    """
    if connection.dialect.name == "postgresql":
        lock = sa.select(sa.func.pg_try_advisory_xact_lock(_lock_number(actor, key)))
        if not connection.execute(lock).scalar_one():
            raise KeyInUse(
                "A request with this idempotency key is being worked on. Wait a moment "
                "and send it again.",
                key=key,
            )
    table = tables.idempotency
    found = connection.execute(
        sa.select(table).where(table.c.key == key, table.c.actor == actor)
    ).first()
    if found is None:
        return None
    if found.request_hash != request_hash:
        raise KeyReused(
            "This idempotency key was used for another request. Take a new key for "
            "each request, and the same one only to repeat it unchanged.",
            key=key,
        )
    kept: dict[str, Any] = found.response or {}
    return KeptAnswer(found.status, kept.get("body", ""), kept.get("headers", {}))


def keep(
    connection: sa.Connection,
    actor: int,
    key: str,
    request_hash: str,
    answer: KeptAnswer,
) -> None:
    """Keep the answer of a claimed key; sweeps out a few that are two days old."""
    now = datetime.now(UTC)
    _sweep(connection, now - KEPT_FOR)
    connection.execute(
        tables.idempotency.insert().values(
            key=key,
            actor=actor,
            request_hash=request_hash,
            status=answer.status,
            response={"body": answer.body, "headers": dict(answer.headers)},
            at=now,
        )
    )


def _sweep(connection: sa.Connection, before: datetime) -> None:
    table = tables.idempotency
    # Rows that another transaction sweeps at the moment are left to it.
    old = (
        sa.select(table.c.key, table.c.actor)
        .where(table.c.at < before)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(old).all()
    if rows:
        pairs = [(row.key, row.actor) for row in rows]
        connection.execute(
            table.delete().where(sa.tuple_(table.c.key, table.c.actor).in_(pairs))
        )


def _lock_number(actor: int, key: str) -> int:
    digest = hashlib.blake2b(f"{actor}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
