"""A connection that reads first and takes the write lock as late as it can.

Lent by `core.services.transactions`. On SQLite, reading, computing and checking then
happen beside other writers; PostgreSQL writes in the transaction it began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import sqlalchemy as sa

from core.storage import Database

_WRITES = "intarsia_writes"


class LateLock:
    """The SQLite connection of one transaction; `lock()` begins to write."""

    def __init__(self, database: Database, stack: ExitStack) -> None:
        self._database = database
        self._stack = stack
        self.connection = stack.enter_context(database.engine.connect())
        self._begun = self.connection.begin()
        self._locked = False
        sa.event.listen(self.connection, "before_execute", self._before, retval=True)

    def lock(self) -> bool:
        """End the read snapshot, queue up and begin to write; True the first time."""
        if self._locked:
            return False
        self._begun.rollback()
        if self._database.turnstile is not None:
            self._stack.enter_context(self._database.turnstile.passing())
        self.connection.execution_options(**{_WRITES: True})
        self._begun = self.connection.begin()
        self._locked = True
        return True

    def commit(self) -> None:
        """Make all writes final."""
        self._begun.commit()

    def rollback(self) -> None:
        """Undo all writes."""
        if self._begun.is_active:
            self._begun.rollback()

    def _before(
        self, connection: Any, statement: Any, many: Any, parameters: Any, options: Any
    ) -> tuple[Any, Any, Any]:
        """A statement that writes takes the lock by itself."""
        if not self._locked and getattr(statement, "is_dml", False):
            self.lock()
        return statement, many, parameters


@contextmanager
def writing_late(database: Database) -> Iterator[tuple[sa.Connection, Any]]:
    """Lend (connection, lock or None); commit at the end, roll back on any error."""
    if database.kind != "sqlite" or database.path is None:
        with database.writing() as connection:
            yield connection, None
        return
    with ExitStack() as stack:
        late = LateLock(database, stack)
        try:
            yield late.connection, late.lock
        except BaseException:
            late.rollback()
            raise
        late.commit()
