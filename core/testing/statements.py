"""Counts the statements a piece of code sends, for budgets in tests.

Called by tests of the core and of modules; hands on the list of statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

# Sent by the engine around a transaction, not by the code under test.
_FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def counting(source: sa.Engine | sa.Connection) -> Iterator[list[str]]:
    """Lend a list that fills with the statements of a block; its length is the count.

    source: an engine (all its connections) or one connection.
    """
    statements: list[str] = []

    def note(_c: Any, _k: Any, statement: str, _p: Any, _x: Any, _m: bool) -> None:
        if not statement.startswith(_FRAME):
            statements.append(statement)

    sa.event.listen(source, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(source, "before_cursor_execute", note)
