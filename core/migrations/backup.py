"""A copy of a SQLite file, made while it is in use.

Called before a plan is applied, and by the backup command; PostgreSQL needs none, as
its tables change within one transaction.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from core.storage import Reason, StorageError
from core.storage.errors import translate

PAGES = 4096


def copy_sqlite(source: Path, target: Path) -> Path:
    """Copy a database file as it is at one moment; the copy is complete or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(unfinished)) as new,
        ):
            old.backup(new, pages=PAGES)
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        unfinished.unlink(missing_ok=True)
        raise translate(error) or StorageError(Reason.GONE, str(error)) from error
    unfinished.replace(target)
    return target
