"""Which constraint a refused write has broken, said alike for both databases.

The write path asks it about an IntegrityError and turns the answer into a message at
the field; the compiled entity knows the uniques by these names.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import sqlalchemy.exc

from core.frozen import frozen
from core.storage.errors import is_of_postgresql

ViolationKind = Literal["unique", "foreign_key", "not_null", "check", "other"]
_SQLSTATES = (
    ("23505", "unique"),
    ("23503", "foreign_key"),
    ("23001", "foreign_key"),
    ("23502", "not_null"),
    ("23514", "check"),
)
_SQLITE_FORMS = (
    ("unique", re.compile(r"UNIQUE constraint failed: (.*)")),
    ("foreign_key", re.compile(r"FOREIGN KEY constraint failed(.*)")),
    ("not_null", re.compile(r"NOT NULL constraint failed: (.*)")),
    ("check", re.compile(r"CHECK constraint failed: (.*)")),
)


@frozen
class Violation:
    """A broken constraint.

    `name` is that of the constraint or index where the database tells it: PostgreSQL
    always, SQLite only for indexes over expressions. Else `table` and `columns` are
    those SQLite names. A foreign key of SQLite has none of these.
    """

    kind: ViolationKind
    name: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()


def violation_of(error: sqlalchemy.exc.IntegrityError) -> Violation:
    """The constraint that made the database refuse a write."""
    if is_of_postgresql(error.orig):
        return _postgresql(error.orig)
    return _sqlite(str(error.orig))


def _postgresql(error: Any) -> Violation:
    kinds: dict[str, ViolationKind] = dict(_SQLSTATES)  # type: ignore[arg-type]
    kind = kinds.get(error.sqlstate or "", "other")
    column = error.diag.column_name
    return Violation(
        kind,
        error.diag.constraint_name,
        error.diag.table_name,
        (column,) if column else (),
    )


def _sqlite(text: str) -> Violation:
    for kind, form in _SQLITE_FORMS:
        if found := form.search(text):
            return _named(kind, found.group(1).strip())  # type: ignore[arg-type]
    return Violation("other")


def _named(kind: ViolationKind, rest: str) -> Violation:
    if rest.startswith("index '"):
        return Violation(kind, rest.removeprefix("index '").rstrip("'"))
    pairs = [part.strip().rpartition(".") for part in rest.split(",") if "." in part]
    if not pairs:
        return Violation(kind, rest or None)
    return Violation(kind, None, pairs[0][0], tuple(column for _, _, column in pairs))
