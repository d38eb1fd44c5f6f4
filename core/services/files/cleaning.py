"""Looks after the place of the files: what is lost, damaged, left over; and cleans.

Called by the command `files`. Cleaning removes what no record holds, after a time of
grace in which an upload may still be taken or an old state of a record be restored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.services.files.locking import hold_files
from core.services.files.uploads import reachable, store_of
from core.storage import file, file_use
from core.storage.files import FileGone, FileStore

if TYPE_CHECKING:
    from core.services.transactions import Transaction

GRACE_DAYS = 30
_STRAY_AGE = timedelta(days=1)
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class FilesReport:
    """What was found: hashes by what is the matter with them, and all in numbers."""

    kept: int = 0
    size: int = 0
    lost: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every file that a record holds is there and whole."""
        return not (self.lost or self.damaged)


def check_files(tx: Transaction, progress: Progress | None = None) -> FilesReport:
    """Read every file and compare it with its hash; nothing is changed.

    lost: a record holds it, the bytes are gone. damaged: the bytes are others.
    unknown: bytes that no upload tells of. unused: no record holds it any more.
    """
    connection, store = tx.scene.connection, store_of(tx.runtime)
    used = set(connection.scalars(sa.select(file_use.c.sha256).distinct()))
    noted = set(connection.scalars(sa.select(file.c.sha256).distinct()))
    report = FilesReport()
    with reachable():
        there = {kept.sha256: kept.size for kept in store.walk()}
        report.kept, report.size = len(there), sum(there.values())
        report.lost = sorted((used | noted) - there.keys())
        report.unknown = sorted(there.keys() - noted - used)
        report.unused = sorted(noted - used)
        for number, sha256 in enumerate(sorted(there), 1):
            if not _whole(store, sha256):
                report.damaged.append(sha256)
            if progress is not None:
                progress(number, len(there))
    return report


def _whole(store: FileStore, sha256: str) -> bool:
    digest = hashlib.sha256()
    try:
        with store.open(sha256) as content:
            while block := content.read(1024 * 1024):
                digest.update(block)
    except FileGone:
        return False
    return digest.hexdigest() == sha256


def clean_files(
    tx: Transaction, days: int = GRACE_DAYS, dry: bool = False
) -> list[str]:
    """Remove files that no record has held for some days; returns their hashes.

    The bytes go while nobody can take the same file in, so nothing taken is lost.
    """
    scene, store = tx.scene, store_of(tx.runtime)
    scene.begin_writing()
    hold_files(scene.connection, alone=True)
    going = list(_going(tx, days))
    with reachable():
        going += [kept for kept in _strays(tx, store) if kept not in going]
        if dry:
            return sorted(going)
        for sha256 in going:
            scene.connection.execute(file.delete().where(file.c.sha256 == sha256))
            store.remove(sha256)
    return sorted(going)


def _going(tx: Transaction, days: int) -> Iterator[str]:
    before = tx.scene.moment.now - timedelta(days=days)
    used = sa.exists().where(file_use.c.sha256 == file.c.sha256)
    statement = (
        sa.select(file.c.sha256)
        .where(~used)
        .group_by(file.c.sha256)
        .having(sa.func.max(file.c.touched_at) < before)
    )
    yield from tx.scene.connection.scalars(statement)


def _strays(tx: Transaction, store: FileStore) -> Iterator[str]:
    """Bytes that no row tells of: an upload whose transaction was rolled back."""
    connection = tx.scene.connection
    known = set(connection.scalars(sa.select(file.c.sha256).distinct()))
    known |= set(connection.scalars(sa.select(file_use.c.sha256).distinct()))
    before = tx.scene.moment.now - _STRAY_AGE
    for kept in store.walk():
        if kept.sha256 not in known and kept.at < before:
            yield kept.sha256
