"""Writes many rows of one table: as one statement, or as a stream on PostgreSQL.

The steps of the write path hand their rows to `insert_rows`. From some hundred rows on
PostgreSQL takes them with COPY, which costs the server a fraction of an INSERT, and
SQLite enters them into its search index together. Types and errors are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.storage.errors import translate

#: Below this an INSERT, row by row, is faster.
STREAM_FROM = 256


def insert_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all name the same columns.

    Raises sqlalchemy.exc.IntegrityError for a broken constraint, StorageError where
    the database cannot serve.
    """
    if len(rows) < STREAM_FROM:
        connection.execute(table.insert(), rows)
    elif connection.dialect.name == "postgresql":
        _stream(connection, table, rows)
    else:
        _enter(connection, table, rows)


def _enter(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert into SQLite; the rows get into the search index with one statement."""
    quote = connection.dialect.identifier_preparer.quote
    keys = list(rows[0])
    marks = ", ".join("?" * len(keys))
    columns = ", ".join(quote(table.c[key].name) for key in keys)
    insert = f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})"
    values = [tuple(one) for one in _values(connection, table, keys, rows)]
    search = table.info.get("search")
    if search is None:
        connection.exec_driver_sql(insert, values)
        return
    name = f"{search.name}_i"
    find = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
    trigger = connection.exec_driver_sql(find, (name,)).scalar_one()
    connection.exec_driver_sql(f"DROP TRIGGER {quote(name)}")
    connection.exec_driver_sql(insert, values)
    names = ", ".join(quote(table.c[key].name) for key in search.columns)
    ids = [int(row["id"]) for row in rows]
    connection.exec_driver_sql(
        f"INSERT INTO {quote(search.name)}(rowid, {names}) SELECT id, {names} "
        f"FROM {quote(table.name)} WHERE id {_among(ids)}"
    )
    connection.exec_driver_sql(trigger)


def _among(ids: Sequence[int]) -> str:
    """Ids follow one another as a rule; they are whole numbers, no text of anybody."""
    low, high = min(ids), max(ids)
    if high - low + 1 == len(ids):
        return f"BETWEEN {low} AND {high}"
    return f"IN ({', '.join(str(id_) for id_ in ids)})"


def _stream(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    prepare = connection.dialect.identifier_preparer
    keys = list(rows[0])
    columns = [table.c[key] for key in keys]
    statement = (
        f"COPY {prepare.format_table(table)} "
        f"({', '.join(prepare.format_column(column) for column in columns)}) FROM STDIN"
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor:
        try:
            with cursor.copy(statement) as copy:
                for values in _values(connection, table, keys, rows):
                    copy.write_row(values)
        except Exception as error:
            raise _wrapped(connection, statement, error) from error


def _values(
    connection: sa.Connection,
    table: sa.Table,
    keys: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> Iterator[list[Any]]:
    """The values of each row, ready for the driver.

    Made ready by hand, as Core's own way costs a tenth of the time of an import.
    """
    dialect = connection.dialect
    types = [table.c[key].type.dialect_impl(dialect) for key in keys]
    binds = [
        (place, bind)
        for place, type_ in enumerate(types)
        if (bind := type_.bind_processor(dialect)) is not None
    ]
    for row in rows:
        values = [row[key] for key in keys]
        for place, bind in binds:
            values[place] = bind(values[place])
        yield values


def _wrapped(
    connection: sa.Connection, statement: str, error: Exception
) -> BaseException:
    """The driver's error as the same exception that a statement of Core raises."""
    found = translate(error)
    if found is not None:
        return found
    base = connection.dialect.loaded_dbapi.Error
    if not isinstance(error, base):
        return error
    return sa.exc.DBAPIError.instance(
        statement, None, error, base, dialect=connection.dialect
    )
