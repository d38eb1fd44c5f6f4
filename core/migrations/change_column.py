"""A column whose field changed its type or size.

`alter` lets the database do it, `recode` sends every value through the field types,
`replace` starts the column anew, which loses what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa

from core.compiler.table_spec import ColumnSpec, FieldSpec, ForeignKeySpec
from core.fieldtypes import BadValue, FieldDef, FieldTypeCatalog
from core.migrations.ddl import Ddl
from core.migrations.operations import Operation, Risk
from core.source import Map

BATCH = 2000


class CannotConvert(ValueError):
    """A row holds a value that has no place in the new type; the text names it."""


@dataclass(frozen=True, slots=True)
class ChangeColumn(Operation):
    """A column in a new form; `note` says why it cannot be kept where it is lost."""

    table: str
    old: ColumnSpec
    new: ColumnSpec
    how: Literal["alter", "recode", "replace"]
    before: FieldSpec
    after: FieldSpec
    key: ForeignKeySpec | None = None
    note: str = ""

    @property
    def risk(self) -> Risk:
        return "loses_data" if self.how == "replace" else "slow"

    def text(self) -> str:
        size = f"{_size(self.before, self.old)} to {_size(self.after, self.new)}"
        verb = "start anew" if self.how == "replace" else "change"
        return f"{verb} column {self.table}.{self.new.name} from {size}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        if self.how == "replace":
            yield ddl.drop_column(self.table, self.old.name)
            yield ddl.add_column(self.table, self.new, self.key)
        elif self.how == "alter" and not ddl.is_sqlite:
            yield ddl.change_type(self.table, self.new)
        elif self.how == "alter":
            # Types of SQLite carry no sizes, but decimals are counts of a unit.
            finer = (self.new.type.places or 0) - (self.old.type.places or 0)
            if self.new.type.kind == "decimal" and finer:
                name = ddl.quoted(self.new.name)
                yield ddl.fill(self.table, self.new.name, f"{name} * {10**finer}")

    def late(self, ddl: Ddl) -> Iterator[str]:
        if self.how != "alter" and self.key is not None and not ddl.is_sqlite:
            yield ddl.add_foreign_key(self.table, self.key)

    def reverse(self) -> Operation | None:
        if self.how == "replace":
            return None
        return replace(
            self, old=self.new, new=self.old, before=self.after, after=self.before
        )

    def recode(
        self, connection: sa.Connection, ddl: Ddl, catalog: FieldTypeCatalog
    ) -> None:
        """Send every value through both field types into a column of the new type."""
        temporary = replace(self.new, name=f"{self.new.name}__new")
        for statement in (ddl.add_column(self.table, temporary, self.key),):
            connection.exec_driver_sql(statement)
        self._copy(connection, catalog, temporary.name)
        connection.exec_driver_sql(ddl.drop_column(self.table, self.old.name))
        connection.exec_driver_sql(
            ddl.rename_column(self.table, temporary.name, self.new.name)
        )

    def _copy(
        self, connection: sa.Connection, catalog: FieldTypeCatalog, temporary: str
    ) -> None:
        old_type, new_type = catalog[self.before.type], catalog[self.after.type]
        old, new = definition_of(self.before), definition_of(self.after)
        name = self.old.name
        source = old_type.columns(name, old)[0]
        target = new_type.columns(self.new.name, new)[0]
        table: sa.TableClause = sa.table(
            self.table,
            sa.column("id", sa.BigInteger()),
            sa.column(name, source.type),
            sa.column(temporary, target.type),
        )
        write = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("row"))
            .values({temporary: sa.bindparam("value")})
        )
        for rows in _batches(connection, table, name):
            values = [
                {"row": row["id"], "value": _converted(row, name, self, catalog)}
                for row in rows
            ]
            connection.execute(write, values)


def definition_of(spec: FieldSpec) -> FieldDef:
    """A definition with all that decides how values are stored."""
    return FieldDef(
        type=spec.type,
        length=spec.length,
        digits=spec.digits,
        places=spec.places,
        choices=Map({key: key for key in spec.choices}) if spec.choices else None,
        to=spec.targets,
    )


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


def _converted(
    row: dict[str, Any], name: str, change: ChangeColumn, catalog: FieldTypeCatalog
) -> Any:
    old_type, new_type = catalog[change.before.type], catalog[change.after.type]
    old, new = definition_of(change.before), definition_of(change.after)
    raw = old_type.to_json(old_type.load(row, name, old), old)
    try:
        value = new_type.coerce(raw, new)
    except BadValue as error:
        raise CannotConvert(
            f"{change.table}.{name} of row {row['id']} cannot be converted: "
            f"{error.message}"
        ) from error
    return new_type.store(value, change.new.name, new)[change.new.name]


def _size(field: FieldSpec, column: ColumnSpec) -> str:
    kind = column.type
    if kind.kind == "decimal":
        return f"{field.type} ({kind.digits} digits, {kind.places} places)"
    return f"{field.type} ({kind.length})" if kind.length else field.type
