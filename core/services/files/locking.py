"""Keeps taking files in and cleaning them away apart.

On SQLite the write lock of the file does it; PostgreSQL takes an advisory lock until
the end of the transaction, shared by uploads and alone for cleaning.
"""

from __future__ import annotations

import sqlalchemy as sa

_KEY = 0x1F17E5


def hold_files(connection: sa.Connection, *, alone: bool) -> None:
    """Wait until nobody cleans (or, alone, until nobody takes files in)."""
    if connection.dialect.name != "postgresql":
        return
    name = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    connection.execute(sa.select(getattr(sa.func, name)(_KEY)))
