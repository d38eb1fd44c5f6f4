"""Changes of tables as frozen data: each knows its risk, its text and its reverse.

Made by `diff`, shown and saved by a plan, run by `apply_plan`. An operation is written
to JSON under its class's name.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from core.compiler.table_spec import (
    ColumnSpec,
    ForeignKeySpec,
    IndexSpec,
    TableSpec,
)
from core.frozen import frozen
from core.migrations.ddl import Ddl
from core.storage.seal_tables import AMENDED, ITSELF

Risk = Literal["safe", "slow", "loses_data"]


class Operation(ABC):
    """One change; `table` is the name of the table it is about."""

    __slots__ = ()
    table: str

    @property
    def risk(self) -> Risk:
        """What the change may do to a table full of data."""
        return "safe"

    @abstractmethod
    def text(self) -> str:
        """The change in words."""

    @abstractmethod
    def statements(self, ddl: Ddl) -> Iterator[str]:
        """What is sent to the database, in order."""

    def late(self, ddl: Ddl) -> Iterator[str]:
        """What is sent when all operations have run."""
        return iter(())

    def reverse(self) -> Operation | None:
        """The operation that undoes this one; None where data would be missing."""
        return None


@frozen
class CreateTable(Operation):
    """A new table with its foreign keys and indexes."""

    table: str
    spec: TableSpec

    def text(self) -> str:
        sizes = f"{len(self.spec.columns)} columns, {len(self.spec.indexes)} indexes"
        return f"create table {self.table} ({sizes})"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield ddl.create_table(self.spec)
        for index in self.spec.indexes:
            yield from ddl.create_index(self.table, index)

    def late(self, ddl: Ddl) -> Iterator[str]:
        if not ddl.is_sqlite:
            for key in self.spec.foreign_keys:
                yield ddl.add_foreign_key(self.table, key)

    def reverse(self) -> Operation:
        return DropTable(self.table, self.spec)


@frozen
class DropTable(Operation):
    """A table of a definition that is gone."""

    table: str
    spec: TableSpec

    @property
    def risk(self) -> Risk:
        return "loses_data"

    def text(self) -> str:
        return f"drop table {self.table}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        for index in self.spec.indexes:
            if index.method == "trigram":
                yield from ddl.drop_index(index)
        yield f"DROP TABLE {ddl.quoted(self.table)}"

    def reverse(self) -> Operation:
        return CreateTable(self.table, self.spec)


@frozen
class RenameTable(Operation):
    """A table whose entity says `was`; rows that name the entity follow.

    `keys`: old and new names of its foreign keys. `entities`: old and new entity id
    (empty for tables of many-to-many fields). `references`: table and column pairs that
    hold names of entities.
    """

    table: str
    old: str
    keys: tuple[tuple[str, str], ...] = ()
    entities: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        return f"rename table {self.old} to {self.table}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield f"ALTER TABLE {ddl.quoted(self.old)} RENAME TO {ddl.quoted(self.table)}"
        if not ddl.is_sqlite:
            for old, new in self.keys:
                yield _rename_key(ddl, self.table, old, new)
        if self.entities:
            yield from self._names(ddl)

    def _names(self, ddl: Ddl) -> Iterator[str]:
        old, new = self.entities
        platform = ("platform_audit", "platform_outbox", "platform_external_id")
        columns = [(table, "entity") for table in platform]
        for table, column in (*columns, *self.references):
            name, target = ddl.quoted(column), ddl.quoted(table)
            yield f"UPDATE {target} SET {name} = '{new}' WHERE {name} = '{old}'"
        yield _amendment(ddl, old, new)

    def reverse(self) -> Operation:
        keys = tuple((new, old) for old, new in self.keys)
        return RenameTable(
            self.old, self.table, keys, self.entities[::-1], self.references
        )


def _amendment(ddl: Ddl, old: str, new: str) -> str:
    """The audit says itself that the entity of its entries has another name now."""
    now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')" if ddl.is_sqlite else "now()"
    columns = "at, via, entity, record, version, action, changes"
    kept = json.dumps({"renamed": [old, new]})
    values = f"{now}, 'plan', '{ITSELF}', 0, 0, '{AMENDED}', '{kept}'"
    return f"INSERT INTO platform_audit ({columns}) VALUES ({values})"


@frozen
class AddColumn(Operation):
    """A new column; rows that are there get `fill`."""

    table: str
    column: ColumnSpec
    key: ForeignKeySpec | None = None

    def text(self) -> str:
        fill = f", filled with {self.column.fill}" if self.column.fill else ""
        return f"add column {self.table}.{self.column.name}{fill}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield ddl.add_column(self.table, self.column, self.key)
        if self.column.fill is not None:
            yield ddl.fill(self.table, self.column.name, self.column.fill)

    def late(self, ddl: Ddl) -> Iterator[str]:
        if self.key is not None and not ddl.is_sqlite:
            yield ddl.add_foreign_key(self.table, self.key)

    def reverse(self) -> Operation:
        return DropColumn(self.table, self.column, self.key)


@frozen
class DropColumn(Operation):
    """A column of a field that is gone."""

    table: str
    column: ColumnSpec
    key: ForeignKeySpec | None = None

    @property
    def risk(self) -> Risk:
        return "loses_data"

    def text(self) -> str:
        return f"drop column {self.table}.{self.column.name}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield ddl.drop_column(self.table, self.column.name)

    def reverse(self) -> Operation:
        return AddColumn(self.table, self.column, self.key)


@frozen
class RenameColumn(Operation):
    """A column whose field says `was`; `key`: old and new name of its foreign key."""

    table: str
    old: str
    new: str
    key: tuple[str, ...] = ()

    def text(self) -> str:
        return f"rename column {self.table}.{self.old} to {self.new}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield ddl.rename_column(self.table, self.old, self.new)
        if self.key and not ddl.is_sqlite:
            yield _rename_key(ddl, self.table, *self.key)

    def reverse(self) -> Operation:
        return RenameColumn(self.table, self.new, self.old, self.key[::-1])


@frozen
class AddIndex(Operation):
    """A new index."""

    table: str
    index: IndexSpec

    @property
    def risk(self) -> Risk:
        return "slow"

    def text(self) -> str:
        kind = "unique index" if self.index.unique else "index"
        if self.index.method == "trigram":
            kind = "search index"
        return f"add {kind} {self.index.name} on {', '.join(self.index.columns)}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield from ddl.create_index(self.table, self.index)

    def reverse(self) -> Operation:
        return DropIndex(self.table, self.index)


@frozen
class DropIndex(Operation):
    """An index that no definition asks for any more."""

    table: str
    index: IndexSpec

    def text(self) -> str:
        return f"drop index {self.index.name}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield from ddl.drop_index(self.index)

    def reverse(self) -> Operation:
        return AddIndex(self.table, self.index)


def _rename_key(ddl: Ddl, table: str, old: str, new: str) -> str:
    names = f"{ddl.quoted(old)} TO {ddl.quoted(new)}"
    return f"ALTER TABLE {ddl.quoted(table)} RENAME CONSTRAINT {names}"


@frozen
class FillColumn(Operation):
    """A column whose value follows from others: the folded text of a field."""

    table: str
    column: str
    sql: str

    @property
    def risk(self) -> Risk:
        return "slow"

    def text(self) -> str:
        return f"fill column {self.table}.{self.column}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        yield ddl.fill(self.table, self.column, self.sql)


@frozen
class Recompute(Operation):
    """A stored formula that is new or has changed; the services compute it again."""

    table: str
    entity: str
    field: str

    @property
    def risk(self) -> Risk:
        return "slow"

    def text(self) -> str:
        return f"compute {self.entity}.{self.field} again for all rows"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        return iter(())


@frozen
class ReplaceForeignKey(Operation):
    """A foreign key that acts differently when its target is deleted."""

    table: str
    old: ForeignKeySpec | None
    new: ForeignKeySpec | None
    column: ColumnSpec

    def text(self) -> str:
        key = self.new or self.old
        assert key is not None
        act = f"on delete: {self.new.on_delete}" if self.new else "none"
        return f"change foreign key of {self.table}.{key.column} ({act})"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        if ddl.is_sqlite:
            yield from self._anew(ddl)
        elif self.old is not None:
            name = ddl.quoted(self.old.name)
            yield f"ALTER TABLE {ddl.quoted(self.table)} DROP CONSTRAINT {name}"

    def late(self, ddl: Ddl) -> Iterator[str]:
        if self.new is not None and not ddl.is_sqlite:
            yield ddl.add_foreign_key(self.table, self.new)

    def _anew(self, ddl: Ddl) -> Iterator[str]:
        """SQLite keeps the foreign key in the column: the column is made anew."""
        name = self.column.name
        temporary = replace(self.column, name=f"{name}__new")
        yield ddl.add_column(self.table, temporary, self.new)
        yield ddl.fill(self.table, temporary.name, ddl.quoted(name))
        yield ddl.drop_column(self.table, name)
        yield ddl.rename_column(self.table, temporary.name, name)

    def reverse(self) -> Operation:
        return ReplaceForeignKey(self.table, self.new, self.old, self.column)
