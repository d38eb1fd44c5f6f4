"""Compares two snapshots: the operations that lead from one to the other.

Called by `make_plan`; renames only where a definition says `was`. What belongs to a
module that is off stays as it is and is marked as kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from core.compiler.table_spec import ColumnSpec, ForeignKeySpec, TableSpec
from core.fieldtypes import FieldTypeCatalog
from core.migrations.change_column import ChangeColumn
from core.migrations.column_diff import changed_columns
from core.migrations.map_choices import MapChoices, gone_choices, with_kept_choices
from core.migrations.operations import (
    AddColumn,
    AddIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    FillColumn,
    Operation,
    Recompute,
    RenameColumn,
    RenameTable,
    ReplaceForeignKey,
)
from core.migrations.renames import Renames, renamed_snapshot
from core.migrations.snapshot import Snapshot
from core.migrations.tree_paths import FOLD, PATH, path_sql

#: The order in which kinds of operations run; within one kind as found.
ORDER: tuple[type[Operation], ...] = (
    RenameTable,
    RenameColumn,
    DropIndex,
    CreateTable,
    AddColumn,
    ChangeColumn,
    MapChoices,
    ReplaceForeignKey,
    DropColumn,
    DropTable,
    FillColumn,
    AddIndex,
    Recompute,
)


@dataclass(slots=True)
class _Found:
    operations: list[Operation] = field(default_factory=list)
    tables: list[TableSpec] = field(default_factory=list)


def diff(
    old: Snapshot, new: Snapshot, catalog: FieldTypeCatalog
) -> tuple[tuple[Operation, ...], Snapshot]:
    """The operations in the order to run, and the snapshot they lead to.

    That is `new`, with what is kept of modules that are off.
    """
    renames = Renames()
    current = renamed_snapshot(old, new, renames).by_name()
    found = _Found(list(renames.operations))
    for table in new.tables:
        before = current.get(table.name)
        if before is None:
            _create(table, found)
        else:
            _change(before, table, new, catalog, found)
    wanted = new.by_name()
    for name, before in current.items():
        if name not in wanted:
            _gone(before, new, found)
    ranks = {kind: rank for rank, kind in enumerate(ORDER)}
    found.operations.sort(key=lambda operation: ranks[type(operation)])
    target = replace(new, tables=tuple(found.tables))
    return tuple(found.operations), target


def _create(table: TableSpec, found: _Found) -> None:
    found.operations.append(CreateTable(table.name, table))
    found.tables.append(table)


def _gone(table: TableSpec, new: Snapshot, found: _Found) -> None:
    module = table.owner.partition(".")[0]
    if module in new.modules:
        found.operations.append(DropTable(table.name, table))
    else:
        found.tables.append(replace(table, kept=True))


def _change(
    old: TableSpec,
    new: TableSpec,
    snapshot: Snapshot,
    catalog: FieldTypeCatalog,
    found: _Found,
) -> None:
    new = with_kept_choices(old, new, snapshot.modules)
    keys = {key.column: key for key in new.foreign_keys}
    old_keys = {key.column: key for key in old.foreign_keys}
    added = [c for c in new.columns if old.column(c.name) is None]
    gone = [c for c in old.columns if new.column(c.name) is None]
    kept = [c for c in gone if c.module and c.module not in snapshot.modules]
    found.operations.extend(AddColumn(new.name, c, keys.get(c.name)) for c in added)
    found.operations.extend(
        DropColumn(new.name, c, old_keys.get(c.name)) for c in gone if c not in kept
    )
    changed = changed_columns(old, new, snapshot.dialect, catalog)
    found.operations.extend(changed)
    moved = _foreign_keys(old, new, {c.new.name for c in changed}, found)
    remade = {c.new.name for c in changed if c.how != "alter"}
    if snapshot.dialect == "sqlite":
        remade |= moved
    _indexes(old, new, remade | {c.name for c in gone if c not in kept}, found)
    mapped = list(gone_choices(old, new))
    found.operations.extend(mapped)
    _contents(old, new, added, found, any(one.moves for one in mapped))
    stay = tuple(replace(column, kept=True) for column in kept)
    stay_keys = tuple(old_keys[c.name] for c in kept if c.name in old_keys)
    found.tables.append(
        replace(
            new,
            columns=(*new.columns, *stay),
            foreign_keys=(*new.foreign_keys, *stay_keys),
        )
    )


def _foreign_keys(
    old: TableSpec, new: TableSpec, changed: set[str], found: _Found
) -> set[str]:
    """Foreign keys of columns that stay; the names of the columns concerned."""
    moved = set()
    before = {key.column: key for key in old.foreign_keys}
    after = {key.column: key for key in new.foreign_keys}
    for column in new.columns:
        name = column.name
        if old.column(name) is None or name in changed:
            continue
        one, other = before.get(name), after.get(name)
        if _acts(one) != _acts(other):
            operation = ReplaceForeignKey(new.name, one, other, column)
            found.operations.append(operation)
            moved.add(name)
    return moved


def _acts(key: ForeignKeySpec | None) -> tuple[str, str] | None:
    return None if key is None else (key.target, key.on_delete)


def _indexes(old: TableSpec, new: TableSpec, remade: set[str], found: _Found) -> None:
    before = {index.name: index for index in old.indexes}
    after = {index.name: index for index in new.indexes}
    for name, index in before.items():
        if after.get(name) != index or remade & set(index.columns):
            found.operations.append(DropIndex(new.name, index))
    for name, index in after.items():
        if before.get(name) != index or remade & set(index.columns):
            found.operations.append(AddIndex(new.name, index))


def _contents(
    old: TableSpec,
    new: TableSpec,
    added: Iterable[ColumnSpec],
    found: _Found,
    moved: bool,
) -> None:
    """Columns that follow from others: folded texts and stored formulas.

    moved: values of rows change, so formulas may give something else.
    """
    before = {spec.name: spec for spec in old.fields}
    formulas = {spec.name for spec in new.fields if spec.formula is not None}
    for column in added:
        source = column.name.removesuffix(FOLD)
        folds = column.name.endswith(FOLD) and new.column(source) is not None
        if folds and column.field not in formulas:
            fill = FillColumn(new.name, column.name, f"x_fold({source})")
            found.operations.append(fill)
        tree = column.name.removesuffix(PATH)
        if column.name.endswith(PATH) and new.column(tree) is not None:
            sql = path_sql(new.name, tree)
            found.operations.append(FillColumn(new.name, column.name, sql))
    for spec in new.fields:
        if spec.formula is None:
            continue
        former = before.get(spec.name)
        if moved or former is None or former.formula != spec.formula:
            found.operations.append(Recompute(new.name, new.owner, spec.name))
