"""Writes many rows of one table: as one statement, or as a stream on PostgreSQL.

The steps of the write path hand their rows to `insert_rows`. From some hundred rows on
PostgreSQL takes them with COPY, which costs the server a fraction of an INSERT, and
SQLite enters them into its search index together. Types and errors are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    if connection.dialect.name != "postgresql":
        _enter(connection, table, rows)
    elif len(rows) < STREAM_FROM:
        connection.execute(table.insert(), rows)
    else:
        _stream(connection, table, list(rows[0]), rows)


def _enter(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert into SQLite; many rows get into the search index with one statement."""
    quote = connection.dialect.identifier_preparer.quote
    search = table.info.get("search")
    if search is None or len(rows) < STREAM_FROM:
        connection.execute(table.insert(), rows)
        return
    name = f"{search.name}_i"
    find = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
    trigger = connection.exec_driver_sql(find, (name,)).scalar_one()
    connection.exec_driver_sql(f"DROP TRIGGER {quote(name)}")
    connection.execute(table.insert(), rows)
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
    connection: sa.Connection,
    table: sa.Table,
    names: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    prepare = connection.dialect.identifier_preparer
    columns = [table.c[name] for name in names]
    statement = (
        f"COPY {prepare.format_table(table)} "
        f"({', '.join(prepare.format_column(column) for column in columns)}) FROM STDIN"
    )
    bound = [(c.name, _bound(connection, c)) for c in columns]
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor:
        try:
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row([bind(row[name]) for name, bind in bound])
        except Exception as error:
            raise _wrapped(connection, statement, error) from error


def _bound(connection: sa.Connection, column: sa.Column[Any]) -> Callable[[Any], Any]:
    """What makes a value of the column ready for the driver."""
    type_ = column.type.dialect_impl(connection.dialect)
    return type_.bind_processor(connection.dialect) or _unchanged


def _unchanged(value: Any) -> Any:
    return value


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
