"""Locks on what no row stands for: the scope of a condition across rows, a tree.

Taken by checks that look at several rows before they allow a change. PostgreSQL has
advisory locks for it, which end with the transaction; SQLite has its one write lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from core.services.scene import Scene

# With more scopes than this the whole condition is locked: locks take memory.
_MOST = 200


def hold(scene: Scene, whole: str, parts: Iterable[str] | None) -> None:
    """Lock some parts of a whole until the transaction ends; None: all of it.

    Everybody who holds a part holds the whole together with others, so that one who
    wants all of it waits for them. Locks are taken in one order by all.
    """
    scene.begin_writing()
    if scene.connection.dialect.name != "postgresql":
        return
    numbers = [] if parts is None else sorted({_number(f"{whole}|{p}") for p in parts})
    alone = parts is None or len(numbers) > _MOST
    name = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    connection = scene.connection
    connection.execute(sa.text(f"SELECT {name}(:key)"), {"key": _number(whole)})
    if numbers and not alone:
        connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(k) FROM unnest(:keys) AS k"),
            {"keys": numbers},
        )


def _number(key: str) -> int:
    digest = hashlib.blake2b(key.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
