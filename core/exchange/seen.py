"""Remembers which keys of a file came by, and in which line first, with flat memory.

Asked by the import per chunk. The keys of a million rows lie in a file that vanishes
with the import, not in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b

_MOST = 500


class SeenKeys:
    """Keys with the line in which each stands first."""

    def __init__(self) -> None:
        # An empty name is a private file that is removed when it is closed.
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.execute("PRAGMA cache_size = -2000")
        self._store.execute(
            "CREATE TABLE seen (key BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID"
        )

    def first_lines(self, found: Sequence[tuple[str, int]]) -> list[int]:
        """Take keys with their lines; returns in which line each stood first."""
        hashes = [_hash(key) for key, _ in found]
        rows = [(hash_, line) for hash_, (_, line) in zip(hashes, found, strict=True)]
        store = self._store
        before = store.total_changes
        store.execute("BEGIN")
        store.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        store.execute("COMMIT")
        if store.total_changes - before == len(rows):
            return [line for _, line in found]
        known: dict[bytes, int] = {}
        for start in range(0, len(hashes), _MOST):
            part = hashes[start : start + _MOST]
            marks = ",".join("?" * len(part))
            # Only marks are put together here, the keys go as parameters.
            sql = f"SELECT key, line FROM seen WHERE key IN ({marks})"
            known.update(store.execute(sql, part))
        return [known[hash_] for hash_ in hashes]

    def close(self) -> None:
        """Forget everything."""
        self._store.close()


def _hash(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
