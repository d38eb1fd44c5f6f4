"""What can go wrong with the database itself, as one error with a reason.

The engine raises it in place of the driver's errors; the services turn it into an
answer for the user. Broken constraints are no failure of the database: see violations.
"""

from __future__ import annotations

import sqlite3
import sys
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why the database cannot serve at the moment."""

    LOCKED = "locked"
    READ_ONLY = "read_only"
    DISK_FULL = "disk_full"
    GONE = "gone"
    BROKEN = "broken"
    SLOW = "slow"


SENTENCES = (
    (Reason.LOCKED, "The database is busy with another change. Please try again."),
    (Reason.READ_ONLY, "The database can be read but not written. Ask the operator."),
    (Reason.DISK_FULL, "The disk of the database is full. Ask the operator."),
    (Reason.GONE, "The database cannot be reached. Please try again in a moment."),
    (Reason.BROKEN, "The database file is damaged or no database. Ask the operator."),
    (Reason.SLOW, "The question took too long and was stopped. Ask for less at once."),
)


class StorageError(Exception):
    """The database cannot serve: `reason` says why, `detail` is the driver's text."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(dict(SENTENCES)[reason])
        self.reason = reason
        self.detail = detail

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self.reason in (Reason.LOCKED, Reason.GONE)


_SQLITE = (
    (sqlite3.SQLITE_BUSY, Reason.LOCKED),
    (sqlite3.SQLITE_LOCKED, Reason.LOCKED),
    (sqlite3.SQLITE_READONLY, Reason.READ_ONLY),
    (sqlite3.SQLITE_PERM, Reason.READ_ONLY),
    (sqlite3.SQLITE_FULL, Reason.DISK_FULL),
    (sqlite3.SQLITE_CANTOPEN, Reason.GONE),
    (sqlite3.SQLITE_IOERR, Reason.GONE),
    (sqlite3.SQLITE_INTERRUPT, Reason.SLOW),
    (sqlite3.SQLITE_CORRUPT, Reason.BROKEN),
    (sqlite3.SQLITE_NOTADB, Reason.BROKEN),
)
# By SQLSTATE, or its first two characters for a whole class.
_POSTGRESQL = (
    ("55P03", Reason.LOCKED),
    ("40P01", Reason.LOCKED),
    ("40001", Reason.LOCKED),
    ("57014", Reason.SLOW),
    ("25006", Reason.READ_ONLY),
    ("42501", Reason.READ_ONLY),
    ("53100", Reason.DISK_FULL),
    ("53", Reason.GONE),
    ("57P", Reason.GONE),
    ("08", Reason.GONE),
    ("3D", Reason.GONE),
    ("28", Reason.GONE),
    ("58", Reason.BROKEN),
    ("XX", Reason.BROKEN),
)


def translate(error: BaseException | None) -> StorageError | None:
    """The storage error a driver's error stands for; None: it says something else."""
    if isinstance(error, sqlite3.Error):
        # The lower byte is the primary code, the rest narrows it down.
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        found = dict(_SQLITE).get(code)
        return None if found is None else StorageError(found, str(error))
    if is_of_postgresql(error):
        return _translate_postgresql(error)
    return None


def is_of_postgresql(error: BaseException | None) -> bool:
    """Whether the driver of PostgreSQL raised it; it is loaded only where used."""
    driver = sys.modules.get("psycopg")
    return driver is not None and isinstance(error, driver.Error)


def _translate_postgresql(error: Any) -> StorageError | None:
    state = error.sqlstate
    if state is None:
        # The client found out by itself: no connection, or it broke.
        lost = isinstance(error, sys.modules["psycopg"].OperationalError)
        return StorageError(Reason.GONE, str(error)) if lost else None
    found = next((why for mark, why in _POSTGRESQL if state.startswith(mark)), None)
    return None if found is None else StorageError(found, str(error))
