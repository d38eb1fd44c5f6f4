"""Looks at the rows behind each operation: how slow, and is anything lost?

Called by `make_plan`; hands on the steps of the plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.compiler.table_spec import ColumnSpec
from core.compiler.tables import DEEPEST
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.migrations.change_column import ChangeColumn
from core.migrations.ddl import Ddl
from core.migrations.drift import live_schema
from core.migrations.map_choices import MapChoices
from core.migrations.operations import (
    AddIndex,
    DropColumn,
    DropTable,
    FillColumn,
    Operation,
    RenameColumn,
    RenameTable,
    Risk,
)
from core.migrations.recode import Recoder
from core.migrations.snapshot import Snapshot
from core.migrations.tree_paths import FOLD, PATH, endless_sql

#: With more rows than this an operation that touches each of them is called slow.
MANY = 50_000
#: So many pairs of rows are named that stand in the way.
_NAMED = 5


@frozen
class Step:
    """An operation with what it means for the rows there are.

    `rows`: how many it touches, or lose something (None: not counted). `blocked`: why
    it cannot be applied and what to do instead.
    """

    operation: Operation
    risk: Risk
    rows: int | None = None
    blocked: str | None = None


@dataclass(slots=True)
class _Names:
    """Names that things have before the plan runs."""

    tables: dict[str, str] = field(default_factory=dict)
    columns: dict[tuple[str, str], str] = field(default_factory=dict)


def measure(
    connection: sa.Connection,
    operations: Iterable[Operation],
    old: Snapshot,
    catalog: FieldTypeCatalog,
) -> tuple[Step, ...]:
    """The steps of a plan, each with its risk for the data in this database."""
    operations = tuple(operations)
    names = _Names()
    for operation in operations:
        if isinstance(operation, RenameTable):
            names.tables[operation.table] = operation.old
        elif isinstance(operation, RenameColumn):
            names.columns[operation.table, operation.new] = operation.old
    ruler = _Ruler(connection, names, Ddl(old.dialect), catalog)
    return tuple(ruler.step(operation) for operation in operations)


class _Ruler:
    def __init__(
        self,
        connection: sa.Connection,
        names: _Names,
        ddl: Ddl,
        catalog: FieldTypeCatalog,
    ) -> None:
        self._connection = connection
        self._names = names
        self._ddl = ddl
        self._catalog = catalog
        self._live = live_schema(connection)
        self._many: dict[str, int] = {}

    def step(self, operation: Operation) -> Step:
        """One operation, measured."""
        if isinstance(operation, DropTable):
            return self._drop_table(operation)
        if isinstance(operation, DropColumn):
            return self._drop_column(operation)
        if isinstance(operation, FillColumn) and operation.column.endswith(PATH):
            return self._tree(operation)
        if isinstance(operation, ChangeColumn) and operation.how == "replace":
            return self._replace(operation)
        if isinstance(operation, ChangeColumn) and operation.lossy:
            return self._convert(operation)
        if isinstance(operation, MapChoices):
            return self._choices(operation)
        if isinstance(operation, AddIndex) and operation.index.unique:
            return self._unique(operation)
        if operation.risk == "slow":
            rows = self._size(operation.table)
            return Step(operation, "slow" if rows > MANY else "safe", rows)
        return Step(operation, operation.risk)

    def _drop_table(self, operation: DropTable) -> Step:
        rows = self._count(operation.table, None)
        if not rows:
            return Step(operation, "safe", 0)
        return Step(
            operation,
            "loses_data",
            rows,
            f"{operation.spec.owner} is gone from the definitions, but its table holds "
            f"{_rows(rows)}. Keep the entity with 'hidden: true', say 'was:' on the "
            "one that takes its place, or delete the records first.",
        )

    def _drop_column(self, operation: DropColumn) -> Step:
        if operation.column.name.endswith(FOLD):
            # It follows from its field; that is told by a step of its own if it goes.
            return Step(operation, "safe")
        rows = self._count(operation.table, operation.column)
        if not rows or operation.column.name.endswith((FOLD, PATH)):
            # What follows from other columns can be worked out again.
            return Step(operation, "safe", 0)
        name = operation.column.field or operation.column.name
        return Step(
            operation,
            "loses_data",
            rows,
            f"field '{name}' is gone from the definitions, but {_rows(rows)} of "
            f"{operation.table} hold a value. Keep the field with 'hidden: true', say "
            "'was:' on the one that takes its place, or empty it first.",
        )

    def _replace(self, operation: ChangeColumn) -> Step:
        rows = self._count(operation.table, operation.old)
        if not rows:
            return Step(operation, "safe", 0)
        why = operation.note or "some values might not fit any more"
        return Step(
            operation,
            "loses_data",
            rows,
            f"field '{operation.after.name}' of {operation.table} cannot change like "
            f"this while {_rows(rows)} hold a value: {why}. Add a new field instead "
            "and keep this one with 'hidden: true'.",
        )

    def _convert(self, operation: ChangeColumn) -> Step:
        rows = self._count(operation.table, operation.old)
        risk: Risk = "slow" if rows > MANY else "safe"
        if not rows:
            return Step(operation, risk, rows)
        table = self._old_table(operation.table)
        column = self._old_column(operation.table, operation.old.name)
        recoder = Recoder(operation, self._catalog)
        why = recoder.misfit(self._connection, table, column)
        if why is None:
            return Step(operation, risk, rows)
        return Step(
            operation,
            "loses_data",
            rows,
            f"field '{operation.after.name}' of {operation.table} cannot change like "
            f"this: {why} Change that value first, or keep the field as it is.",
        )

    def _choices(self, operation: MapChoices) -> Step:
        """Keys that are gone: how many rows go on, how many would have no value."""
        table = self._old_table(operation.table)
        column = self._old_column(operation.table, operation.column)
        quoted, name = self._ddl.quoted(table), self._ddl.quoted(column)
        counts = {
            key: self._number(f"SELECT count(*) FROM {quoted} WHERE {name} = '{key}'")
            for key in (*(old for old, _ in operation.moves), *operation.gone)
        }
        left = {key: counts[key] for key in operation.gone if counts[key]}
        rows = sum(counts.values())
        if not left:
            return Step(operation, "slow" if rows > MANY else "safe", rows)
        told = ", ".join(f"{_rows(n)} in '{key}'" for key, n in left.items())
        first = next(iter(left))
        return Step(
            operation,
            "loses_data",
            rows,
            f"'{operation.column}' of {operation.table} loses values that rows have: "
            f"{told}. Say 'was: {first}' on the one that takes its place, or move the "
            "records on first.",
        )

    def _unique(self, operation: AddIndex) -> Step:
        rows = self._size(operation.table)
        risk: Risk = "slow" if rows > MANY else "safe"
        table = self._old_table(operation.table)
        there = self._live.columns.get(table, frozenset())
        index = operation.index
        if not rows or not set(index.columns) <= there:
            return Step(operation, risk, rows)
        terms = ", ".join(index.terms)
        wheres = [f"{term} IS NOT NULL" for term in index.terms]
        if index.where:
            wheres.append(f"({index.where})")
        found = self._number(
            f"SELECT count(*) FROM (SELECT 1 FROM {self._ddl.quoted(table)} WHERE "
            f"{' AND '.join(wheres)} GROUP BY {terms} HAVING count(*) > 1 LIMIT 1000) "
            "AS clashes"
        )
        if not found:
            return Step(operation, risk, rows)
        some = self._connection.exec_driver_sql(
            f"SELECT min(id), max(id) FROM {self._ddl.quoted(table)} WHERE "
            f"{' AND '.join(wheres)} GROUP BY {terms} HAVING count(*) > 1 "
            f"ORDER BY 1 LIMIT {_NAMED}"
        )
        ids = ", ".join(f"{first} and {last}" for first, last in some)
        return Step(
            operation,
            risk,
            rows,
            f"{operation.table} has {found} values of {', '.join(index.columns)} that "
            f"occur more than once, for instance in the rows with the ids {ids}. Make "
            "them differ before they can be unique.",
        )

    def _tree(self, operation: FillColumn) -> Step:
        """A link becomes a tree: the way up must end everywhere."""
        table = self._old_table(operation.table)
        tree = self._old_column(operation.table, operation.column.removesuffix(PATH))
        rows = self._size(operation.table)
        risk: Risk = "slow" if rows > MANY else "safe"
        if not rows or tree not in self._live.columns.get(table, frozenset()):
            return Step(operation, risk, rows)
        statement = endless_sql(table, tree)
        bad = list(self._connection.exec_driver_sql(statement).scalars())
        if not bad:
            return Step(operation, risk, rows)
        return Step(
            operation,
            risk,
            rows,
            f"{operation.table} cannot become a tree: the way up by '{tree}' leads in "
            f"a circle or over more than {DEEPEST} levels for the rows with the ids "
            f"{', '.join(map(str, bad))}. Change where they stand first.",
        )

    def _old_table(self, name: str) -> str:
        return self._names.tables.get(name, name)

    def _old_column(self, table: str, name: str) -> str:
        return self._names.columns.get((table, name), name)

    def _size(self, table: str) -> int:
        """Rows of a table, counted up to one more than many; 0 for a new one."""
        name = self._old_table(table)
        if name not in self._live.columns:
            return 0
        if name not in self._many:
            self._many[name] = self._number(
                f"SELECT count(*) FROM (SELECT 1 FROM {self._ddl.quoted(name)} "
                f"LIMIT {MANY + 1}) AS part"
            )
        return self._many[name]

    def _count(self, table: str, column: ColumnSpec | None) -> int:
        """Rows of a table, or those that hold a value in a column."""
        name = self._old_table(table)
        if name not in self._live.columns:
            return 0
        where = ""
        if column is not None:
            old = self._old_column(table, column.name)
            if old not in self._live.columns[name]:
                return 0
            quoted = self._ddl.quoted(old)
            plain = column.nullable or column.type.kind != "boolean"
            where = f" WHERE {quoted}{' IS NOT NULL' if plain else ''}"
        return self._number(f"SELECT count(*) FROM {self._ddl.quoted(name)}{where}")

    def _number(self, statement: str) -> int:
        return int(self._connection.exec_driver_sql(statement).scalar_one())


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
