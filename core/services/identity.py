"""Draws ids for new rows, so that a whole batch knows them before it is written.

PostgreSQL asks the table's sequence. SQLite counts on under the write lock; the ids of
deleted rows are kept back, or a new record would inherit somebody else's history.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.storage import tables

_KEPT = "id:"


def next_ids(connection: sa.Connection, table: sa.Table, number: int) -> Sequence[int]:
    """Return that many unused ids of the table, ascending."""
    if connection.dialect.name == "postgresql":
        statement = sa.text(
            "SELECT nextval(pg_get_serial_sequence(:name, 'id'))"
            " FROM generate_series(1, :number)"
        )
        found = connection.execute(statement, {"name": table.name, "number": number})
        return sorted(found.scalars())
    kept = sa.select(tables.number.c.last).where(
        tables.number.c.series == f"{_KEPT}{table.name}", tables.number.c.period == ""
    )
    largest = sa.select(sa.func.max(table.c.id))
    row = connection.execute(
        sa.select(kept.scalar_subquery(), largest.scalar_subquery())
    ).one()
    first = max(row[0] or 0, row[1] or 0) + 1
    return range(first, first + number)


def keep_back(connection: sa.Connection, table: sa.Table, ids: Sequence[int]) -> None:
    """Remember ids that are about to be deleted; called before the delete."""
    if connection.dialect.name == "postgresql" or not ids:
        return
    series, largest = f"{_KEPT}{table.name}", max(ids)
    number = tables.number
    where = (number.c.series == series, number.c.period == "")
    last = connection.execute(sa.select(number.c.last).where(*where)).scalar()
    if last is None:
        connection.execute(
            number.insert().values(series=series, period="", last=largest)
        )
    elif last < largest:
        connection.execute(number.update().where(*where).values(last=largest))


def given_ids(connection: sa.Connection, table: sa.Table, ids: Sequence[int]) -> None:
    """Let the sequence of PostgreSQL go on behind ids that somebody else has drawn."""
    if connection.dialect.name != "postgresql" or not ids:
        return
    statement = sa.text(
        "SELECT setval(pg_get_serial_sequence(:name, 'id'), GREATEST(:last,"
        " nextval(pg_get_serial_sequence(:name, 'id'))))"
    )
    connection.execute(statement, {"name": table.name, "last": max(ids)})
