"""A fair queue of writers in front of SQLite, across threads and processes.

SQLite lets writers poll, so one of them can starve. Two lock files make a queue of
them: lock *next*, lock *now*, unlock *next*, write, unlock *now*. Used by the engine
around every writing transaction.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.storage.errors import Reason, StorageError

if sys.platform != "win32":
    import fcntl

# The one at the head of the queue looks again after this long; first few looks, later.
_SOON = 0.0003
_LATER = 0.003
_SOON_FOR = 0.05


class Turnstile:
    """One per SQLite file and process; `patience` is the longest wait in seconds."""

    def __init__(self, database: Path, patience: float) -> None:
        self._next = Path(f"{database}-next")
        self._now = Path(f"{database}-now")
        self._patience = patience
        self._inside = threading.local()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Hold the right to write for the length of a block.

        Raises StorageError (locked) after `patience`; RuntimeError when this thread
        is inside already, since it would wait for itself.
        """
        if getattr(self._inside, "yes", False):
            raise RuntimeError("this thread writes already; use that transaction")
        now = self._enter()
        self._inside.yes = True
        try:
            yield
        finally:
            self._inside.yes = False
            os.close(now)

    def _enter(self) -> int:
        deadline = time.monotonic() + self._patience
        # Closing a file also unlocks it; each pass uses file handles of its own, for
        # that is what tells threads apart.
        following, now = self._open(self._next), self._open(self._now)
        try:
            _wait(following)
            _wait_until(now, deadline)
        except BaseException:
            os.close(now)
            raise
        finally:
            os.close(following)
        return now

    def _open(self, path: Path) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            full = error.errno in (28, 122)
            reason = Reason.DISK_FULL if full else _reason_of(path.parent)
            raise StorageError(reason, str(error)) from error


def _reason_of(folder: Path) -> Reason:
    return Reason.READ_ONLY if folder.is_dir() else Reason.GONE


def _wait(handle: int) -> None:
    """Queue up; whoever is before us has a deadline, so the queue always moves."""
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_EX)


def _wait_until(handle: int, deadline: float) -> None:
    if sys.platform == "win32":
        return
    soon_until = time.monotonic() + _SOON_FOR
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = time.monotonic()
            if now >= deadline:
                raise StorageError(Reason.LOCKED, "waited for other writers") from None
            time.sleep(_SOON if now < soon_until else _LATER)
        else:
            return
