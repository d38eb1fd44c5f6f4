"""Statements that make and change tables, for both databases, out of plain data.

Used by the operations; quotes every name and knows what each database cannot do.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.compiler.compiled import dialect_named
from core.compiler.table_spec import ColumnSpec, ForeignKeySpec, IndexSpec, TableSpec
from core.frozen import frozen
from core.migrations.search_index import (
    create_on_postgresql,
    create_on_sqlite,
    drop_on_sqlite,
)

_ON_DELETE = (("restrict", "NO ACTION"), ("clear", "SET NULL"), ("cascade", "CASCADE"))


@frozen
class Ddl:
    """Writes statements for `sqlite` or `postgresql`."""

    dialect: str

    @property
    def is_sqlite(self) -> bool:
        """Whether foreign keys stand at the column and types are only hints."""
        return self.dialect == "sqlite"

    def quoted(self, name: str) -> str:
        """A name as the database takes it."""
        return dialect_named(self.dialect).identifier_preparer.quote(name)

    def create_table(self, table: TableSpec) -> str:
        """CREATE TABLE; on SQLite with its foreign keys."""
        keys = {key.column: key for key in table.foreign_keys}
        lines = [self._column(c, keys.get(c.name), table) for c in table.columns]
        if table.primary != ("id",):
            names = ", ".join(self.quoted(name) for name in table.primary)
            lines.append(f"PRIMARY KEY ({names})")
        body = ",\n  ".join(lines)
        # Without its own row ids the pair itself is the key of a connection's row.
        end = " WITHOUT ROWID" if self.is_sqlite and table.primary != ("id",) else ""
        return f"CREATE TABLE {self.quoted(table.name)} (\n  {body}\n){end}"

    def add_column(
        self, table: str, column: ColumnSpec, key: ForeignKeySpec | None
    ) -> str:
        """ALTER TABLE ... ADD COLUMN; on SQLite with its foreign key."""
        text = self._column(column, key, None)
        return f"ALTER TABLE {self.quoted(table)} ADD COLUMN {text}"

    def drop_column(self, table: str, column: str) -> str:
        """ALTER TABLE ... DROP COLUMN."""
        return f"ALTER TABLE {self.quoted(table)} DROP COLUMN {self.quoted(column)}"

    def rename_column(self, table: str, old: str, new: str) -> str:
        """ALTER TABLE ... RENAME COLUMN."""
        names = f"{self.quoted(old)} TO {self.quoted(new)}"
        return f"ALTER TABLE {self.quoted(table)} RENAME COLUMN {names}"

    def change_type(self, table: str, column: ColumnSpec) -> str:
        """ALTER COLUMN ... TYPE, of PostgreSQL only."""
        name = self.quoted(column.name)
        sql = column.type.sql
        return f"ALTER TABLE {self.quoted(table)} ALTER COLUMN {name} TYPE {sql}"

    def create_index(self, table: str, index: IndexSpec) -> Iterator[str]:
        """CREATE INDEX; one that finds parts of texts is a table of SQLite's own."""
        if index.method == "trigram":
            make = create_on_sqlite if self.is_sqlite else create_on_postgresql
            yield from make(table, index, self.quoted)
            return
        unique = "UNIQUE " if index.unique else ""
        where = f" WHERE {index.where}" if index.where else ""
        yield (
            f"CREATE {unique}INDEX {self.quoted(index.name)} ON "
            f"{self.quoted(table)} ({', '.join(index.terms)}){where}"
        )

    def drop_index(self, index: IndexSpec) -> Iterator[str]:
        """DROP INDEX, or the table that finds parts of texts."""
        if index.method == "trigram" and self.is_sqlite:
            yield from drop_on_sqlite(index, self.quoted)
        else:
            yield f"DROP INDEX {self.quoted(index.name)}"

    def add_foreign_key(self, table: str, key: ForeignKeySpec) -> str:
        """ADD CONSTRAINT ... FOREIGN KEY, of PostgreSQL only."""
        name, column = self.quoted(key.name), self.quoted(key.column)
        return (
            f"ALTER TABLE {self.quoted(table)} ADD CONSTRAINT {name} "
            f"FOREIGN KEY ({column}) {self._references(key)}"
        )

    def fill(self, table: str, column: str, sql: str) -> str:
        """UPDATE of a column in all rows."""
        return f"UPDATE {self.quoted(table)} SET {self.quoted(column)} = {sql}"

    def _column(
        self, column: ColumnSpec, key: ForeignKeySpec | None, table: TableSpec | None
    ) -> str:
        name = self.quoted(column.name)
        if table is not None and table.primary == ("id",) and column.name == "id":
            return f"{name} {self._identity()}"
        text = f"{name} {column.type.sql}"
        if not column.nullable:
            text += " NOT NULL"
            if column.default is not None:
                text += f" DEFAULT {column.default}"
        if key is not None and self.is_sqlite:
            text += f" {self._references(key)}"
        return text

    def _identity(self) -> str:
        # Ids are never given twice: audit and links from outside name them.
        if self.is_sqlite:
            return "INTEGER PRIMARY KEY AUTOINCREMENT"
        return "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"

    def _references(self, key: ForeignKeySpec) -> str:
        action = dict(_ON_DELETE)[key.on_delete]
        return f"REFERENCES {self.quoted(key.target)} (id) ON DELETE {action}"
