"""Lets SQLite know which indexes are worth using, after a table has grown a lot.

Called after large batches. Without figures SQLite takes every equality for selective
and sorts a hundred thousand rows. PostgreSQL counts by itself.
"""

from __future__ import annotations

import sqlalchemy as sa

#: Count anew when the table has grown by this factor: the cost stays in proportion.
_GROWTH = 2


def refresh_statistics(connection: sa.Connection, table: sa.Table) -> None:
    """Analyse the table unless the figures there are say about the right size."""
    if connection.dialect.name != "sqlite":
        return
    largest = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
    if largest < _GROWTH * _counted(connection, table.name):
        return
    connection.exec_driver_sql("PRAGMA analysis_limit=0")
    connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def _counted(connection: sa.Connection, name: str) -> int:
    """How many rows the table had when it was analysed last; 0 if never."""
    there = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"
    if connection.exec_driver_sql(there).first() is None:
        return 0
    stated = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?"
    found = connection.exec_driver_sql(stated, (name,)).scalar()
    return int(found or 0)
