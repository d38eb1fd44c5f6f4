"""Seals entries of the audit, so that nobody changes one afterwards without a trace.

Entries are sealed in blocks a minute after they were written, by the worker: a seal
keeps a digest per entry and chains to the seal before. What erases personal data
changes entries for good reason; it leaves their new digests in an entry of its own.
`core.services.checking_seals` compares. Digests are SHA-256 (FIPS 180-4).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.storage import StorageError, tables
from core.storage.seal_tables import AMENDED, ITSELF, audit_seal

if TYPE_CHECKING:
    from core.services.transactions import Transaction

#: Entries of one seal: some 20 ms of work for who waits to write.
BLOCK = 1000
#: An entry rests so long before it is sealed, so that seals are not many and short.
REST = timedelta(minutes=1)
#: Bytes of an id and of a digest in a seal.
ID_BYTES, DIGEST_BYTES = 8, 16
_ENTRY = tables.audit.c
_PATIENCE = "SET LOCAL lock_timeout = '20ms'"


def digest_of(entry: sa.RowMapping, entity: str | None = None) -> bytes:
    """The digest of an entry; `entity`: the name that stood there instead."""
    told = [
        entry["id"],
        entry["at"].astimezone(UTC).isoformat(),
        entry["actor"],
        entry["via"],
        entity or entry["entity"],
        entry["record"],
        entry["version"],
        entry["action"],
        entry["changes"],
    ]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()[:DIGEST_BYTES]


def chained(before: str, entries: bytes) -> str:
    """The digest of a seal, after that of the seal before (empty for the first)."""
    return hashlib.sha256(before.encode() + entries).hexdigest()


def entries_between(
    connection: sa.Connection, first: int, last: int, most: int | None = None
) -> Sequence[sa.RowMapping]:
    """Entries of the audit by their ids, both ends included, in order."""
    query = sa.select(tables.audit).where(_ENTRY.id.between(first, last))
    found = connection.execute(query.order_by(_ENTRY.id).limit(most))
    return found.mappings().all()


def newest_seal(connection: sa.Connection) -> sa.Row[Any, Any] | None:
    """Last entry and digest of the newest seal."""
    query = sa.select(audit_seal.c.last, audit_seal.c.digest)
    return connection.execute(query.order_by(audit_seal.c.id.desc()).limit(1)).first()


def is_to_seal(connection: sa.Connection, now: datetime) -> bool:
    """Whether an entry has rested long enough."""
    query = sa.select(_ENTRY.at).where(_ENTRY.id > _sealed(connection))
    oldest = connection.scalar(query.order_by(_ENTRY.id).limit(1))
    return oldest is not None and bool(oldest <= now - REST)


def seal_block(connection: sa.Connection, now: datetime) -> int:
    """Seal the next block of entries; returns how many. By one process at a time."""
    sealed = _sealed(connection)
    upto = _settled(connection, sealed)
    entries = entries_between(connection, sealed + 1, upto, BLOCK)
    if not entries:
        return 0
    packed = b"".join(
        one["id"].to_bytes(ID_BYTES, "big") + digest_of(one) for one in entries
    )
    newest = newest_seal(connection)
    values = {
        "at": now,
        "first": entries[0]["id"],
        "last": entries[-1]["id"],
        "entries": packed,
        "digest": chained("" if newest is None else newest.digest, packed),
    }
    connection.execute(audit_seal.insert().values(**values))
    return len(entries)


def amend(tx: Transaction, ids: Iterable[int]) -> None:
    """Note that entries were changed for good reason, and what they are now.

    Written whether they are sealed already or not: a worker may be sealing them now.
    """
    connection, changed = tx.scene.connection, {}
    for id_ in ids:
        for entry in entries_between(connection, id_, id_):
            changed[str(id_)] = digest_of(entry).hex()
    if not changed:
        return
    values = {
        "at": tx.scene.moment.now,
        "actor": tx.actor.user_id,
        "via": tx.via,
        "entity": ITSELF,
        "record": 0,
        "version": 0,
        "action": AMENDED,
        "changes": {"entries": changed},
    }
    connection.execute(tables.audit.insert().values(**values))


def _sealed(connection: sa.Connection) -> int:
    """The last entry that is sealed; 0 before the first."""
    return connection.scalar(sa.select(sa.func.max(audit_seal.c.last))) or 0


def _settled(connection: sa.Connection, sealed: int) -> int:
    """Up to which id all entries there will ever be are there.

    On SQLite writers queue up, so that is the last. On PostgreSQL a transaction may
    hold a lower id than one that was committed before it; nobody does at the moment
    that the table can be locked. Held for that one look, tried again by the next call.
    """
    newest = sa.select(sa.func.max(_ENTRY.id))
    if connection.dialect.name == "sqlite":
        return connection.scalar(newest) or 0
    look = connection.begin_nested()
    try:
        connection.exec_driver_sql(_PATIENCE)
        connection.exec_driver_sql("LOCK TABLE platform_audit IN SHARE MODE")
        return connection.scalar(newest) or 0
    except (sa.exc.DBAPIError, StorageError):
        # Somebody writes. Waiting longer would make all others wait as well.
        return sealed
    finally:
        look.rollback()
