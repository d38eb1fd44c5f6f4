"""Differences between the database and the snapshot of what was last applied.

Checked before a plan is applied, and on demand: somebody may have changed tables by
hand. Tables that are not ours are nobody's business here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from core.compiler.table_spec import TableSpec
from core.frozen import frozen
from core.migrations.snapshot import Snapshot

_SQLITE_COLUMNS = """
SELECT t.name, c.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
WHERE t.type = 'table'
"""
_SQLITE_INDEXES = """
SELECT t.name, i.name, i."unique" FROM sqlite_master AS t
JOIN pragma_index_list(t.name) AS i WHERE t.type = 'table' AND i.origin = 'c'
"""
_POSTGRESQL_COLUMNS = """
SELECT t.relname, a.attname FROM pg_class AS t JOIN pg_attribute AS a
ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.relkind IN ('r', 'p') AND t.relnamespace = current_schema()::regnamespace
"""
_POSTGRESQL_INDEXES = """
SELECT t.relname, i.relname, x.indisunique FROM pg_index AS x
JOIN pg_class AS t ON t.oid = x.indrelid JOIN pg_class AS i ON i.oid = x.indexrelid
WHERE NOT x.indisprimary AND t.relnamespace = current_schema()::regnamespace
"""


@frozen
class Difference:
    """One thing that is not as it was left; `text` is a sentence."""

    table: str
    text: str


@frozen
class LiveSchema:
    """What the database holds now: columns and indexes (name -> unique) by table."""

    columns: Mapping[str, frozenset[str]]
    indexes: Mapping[str, Mapping[str, bool]]


def live_schema(connection: sa.Connection) -> LiveSchema:
    """Look at all tables of the database, in two statements."""
    sqlite = connection.dialect.name == "sqlite"
    columns: dict[str, set[str]] = {}
    rows = connection.exec_driver_sql(
        _SQLITE_COLUMNS if sqlite else _POSTGRESQL_COLUMNS
    )
    for table, column in rows:
        columns.setdefault(table, set()).add(column)
    indexes: dict[str, dict[str, bool]] = {}
    rows = connection.exec_driver_sql(
        _SQLITE_INDEXES if sqlite else _POSTGRESQL_INDEXES
    )
    for table, index, unique in rows:
        indexes.setdefault(table, {})[index] = bool(unique)
    return LiveSchema({t: frozenset(names) for t, names in columns.items()}, indexes)


def find_drift(connection: sa.Connection, snapshot: Snapshot) -> tuple[Difference, ...]:
    """Everything in which our tables are not as the snapshot says; usually nothing."""
    live = live_schema(connection)
    found: list[Difference] = []
    for table in snapshot.tables:
        found.extend(_differences(table, live))
    return tuple(found)


def _differences(table: TableSpec, live: LiveSchema) -> Iterator[Difference]:
    name = table.name
    there = live.columns.get(name)
    if there is None:
        yield Difference(name, f"Table {name} is missing.")
        return
    wanted = {column.name for column in table.columns}
    for column in sorted(wanted - there):
        yield Difference(name, f"Column {name}.{column} is missing.")
    for column in sorted(there - wanted):
        yield Difference(name, f"Column {name}.{column} was added by hand.")
    indexes = live.indexes.get(name, {})
    for index in table.indexes:
        if index.method == "trigram" and index.name in live.columns:
            continue
        if index.name not in indexes:
            yield Difference(name, f"Index {index.name} is missing.")
        elif indexes[index.name] is not index.unique:
            kind = "unique" if index.unique else "plain"
            yield Difference(name, f"Index {index.name} should be {kind}.")
