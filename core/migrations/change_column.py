"""A column whose field changed its type or size.

`alter` lets the database do it, `recode` sends every value through the field types (see
the file of that name), `replace` starts the column anew, which loses what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from core.compiler.table_spec import ColumnSpec, FieldSpec, ForeignKeySpec
from core.fieldtypes import FieldDef
from core.frozen import frozen
from core.migrations.ddl import Ddl
from core.migrations.operations import Operation, Risk
from core.source import Map


@frozen
class ChangeColumn(Operation):
    """A column in a new form; `note` says what may happen to values.

    `lossy`: not every value of the old form has a place in the new one.
    """

    table: str
    old: ColumnSpec
    new: ColumnSpec
    how: Literal["alter", "recode", "replace"]
    before: FieldSpec
    after: FieldSpec
    key: ForeignKeySpec | None = None
    note: str = ""
    lossy: bool = False

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


def _size(field: FieldSpec, column: ColumnSpec) -> str:
    kind = column.type
    if kind.kind == "decimal":
        return f"{field.type} ({kind.digits} digits, {kind.places} places)"
    return f"{field.type} ({kind.length})" if kind.length else field.type
