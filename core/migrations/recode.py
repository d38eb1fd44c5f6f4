"""Sends the values of a column through two field types: from the old to the new.

Asked by `make_plan` whether every value has a place in the new form, and by
`apply_plan` to write them; a value without a place stops everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.fieldtypes import BadValue, FieldTypeCatalog
from core.migrations.change_column import ChangeColumn, definition_of
from core.migrations.ddl import Ddl

BATCH = 2000


class CannotConvert(ValueError):
    """A row holds a value that has no place in the new type; the text names it."""


class Recoder:
    """Converts one column."""

    def __init__(self, change: ChangeColumn, catalog: FieldTypeCatalog) -> None:
        self._change = change
        self._old_type = catalog[change.before.type]
        self._new_type = catalog[change.after.type]
        self._old = definition_of(change.before)
        self._new = definition_of(change.after)

    def misfit(self, connection: sa.Connection, table: str, column: str) -> str | None:
        """Why the first value that has no place cannot be kept; None: all can.

        table, column: their names now, before anything is renamed.
        """
        source = self._table(table, column)
        for rows in _batches(connection, source, column):
            for row in rows:
                try:
                    self._converted(row, column)
                except CannotConvert as error:
                    return str(error)
        return None

    def run(self, connection: sa.Connection, ddl: Ddl) -> None:
        """Fill a new column and put it in the place of the old one."""
        change = self._change
        name, temporary = change.old.name, f"{change.new.name}__new"
        column = replace(change.new, name=temporary)
        connection.exec_driver_sql(ddl.add_column(change.table, column, change.key))
        table = self._table(change.table, name, temporary)
        write = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("row"))
            .values({temporary: sa.bindparam("value")})
        )
        for rows in _batches(connection, table, name):
            connection.execute(
                write,
                [{"row": r["id"], "value": self._converted(r, name)} for r in rows],
            )
        connection.exec_driver_sql(ddl.drop_column(change.table, name))
        connection.exec_driver_sql(
            ddl.rename_column(change.table, temporary, change.new.name)
        )

    def _table(self, table: str, *names: str) -> sa.TableClause:
        source = self._old_type.columns(names[0], self._old)[0]
        target = self._new_type.columns(names[-1], self._new)[0]
        columns = [sa.column("id", sa.BigInteger()), sa.column(names[0], source.type)]
        if len(names) > 1:
            columns.append(sa.column(names[1], target.type))
        return sa.table(table, *columns)

    def _converted(self, row: dict[str, Any], name: str) -> Any:
        change = self._change
        value = self._old_type.load(row, name, self._old)
        try:
            raw = self._old_type.to_json(value, self._old)
            made = self._new_type.coerce(raw, self._new)
            if change.lossy:
                self._check(made, value)
        except BadValue as error:
            raise CannotConvert(
                f"{change.after.name} of row {row['id']} is {raw!r}: {error.message}"
            ) from error
        key = change.new.name
        return self._new_type.store(made, key, self._new)[key]

    def _check(self, made: Any, value: Any) -> None:
        """A value that does not come back the same would be changed silently."""
        raw = self._new_type.to_json(made, self._new)
        if self._old_type.coerce(raw, self._old) != value:
            raise BadValue("changed", f"it would become {raw!r}.")


def _batches(
    connection: sa.Connection, table: sa.TableClause, name: str
) -> Iterator[list[dict[str, Any]]]:
    last = 0
    while True:
        statement = (
            sa.select(table.c.id, table.c[name])
            .where(table.c.id > last, table.c[name].is_not(None))
            .order_by(table.c.id)
            .limit(BATCH)
        )
        rows = [dict(row) for row in connection.execute(statement).mappings()]
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]
