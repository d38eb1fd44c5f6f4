"""How long one statement may run, on both databases.

The read gate of the services holds a `TimeLimit` around its statements; what runs
longer ends with a StorageError whose reason is SLOW, and the database is free again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from core.storage.errors import translate

#: Steps of SQLite's machine between two looks at the clock: about a millisecond.
_STEPS = 50_000


class TimeLimit:
    """The limit for statements of one connection's transaction."""

    def __init__(self, connection: sa.Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._set = False

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Stop the statements of the block after so many seconds; 0: never."""
        if self._seconds <= 0:
            yield
        elif self._connection.dialect.name == "sqlite":
            with _watched(self._connection, self._seconds):
                yield
        else:
            self._begin()
            # A statement that fails ends the transaction, and the setting with it.
            yield
            self._end()

    def _begin(self) -> None:
        if not self._set:
            self._tell(max(1, int(self._seconds * 1000)))
            self._set = True

    def _end(self) -> None:
        """Writing goes on without a limit; what only reads keeps it, for speed."""
        options = self._connection.get_execution_options()
        if not options.get("postgresql_readonly"):
            self._tell(0)
            self._set = False

    def _tell(self, milliseconds: int) -> None:
        """Straight to the driver: it costs a third of a statement of the toolkit."""
        driver: Any = self._connection.connection.driver_connection
        try:
            driver.execute(f"SET LOCAL statement_timeout = {milliseconds}")
        except Exception as error:
            raise translate(error) or error from error


@contextmanager
def _watched(connection: sa.Connection, seconds: float) -> Iterator[None]:
    driver = connection.connection.driver_connection
    assert driver is not None
    until = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
