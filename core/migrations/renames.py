"""Renames by `was`: the old snapshot as it reads once they are done.

Called first by `diff`, so that everything after compares things of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from core.compiler.naming import foreign_key_name
from core.compiler.table_spec import ForeignKeySpec, IndexSpec, TableSpec
from core.migrations.operations import Operation, RenameColumn, RenameTable
from core.migrations.snapshot import Snapshot


@dataclass(slots=True)
class Renames:
    """The renames found so far."""

    operations: list[Operation] = field(default_factory=list)


def renamed_snapshot(old: Snapshot, new: Snapshot, renames: Renames) -> Snapshot:
    """The old snapshot under the new names; fills `renames` with the operations."""
    tables = dict(old.by_name())
    for table in new.tables:
        former = next((name for name in table.was if name in tables), None)
        if former is not None and table.name not in tables:
            before = tables.pop(former)
            tables[table.name] = _table(before, table, old, renames)
            tables = _retargeted(tables, before, tables[table.name])
    for table in new.tables:
        if table.name in tables:
            tables[table.name] = _columns(tables[table.name], table, renames)
    return replace(old, tables=tuple(tables.values()))


def _table(
    old: TableSpec, new: TableSpec, snapshot: Snapshot, renames: Renames
) -> TableSpec:
    keys = tuple(
        replace(key, name=foreign_key_name(new.name, key.column))
        for key in old.foreign_keys
    )
    pairs = zip(old.foreign_keys, keys, strict=True)
    named = tuple((one.name, other.name) for one, other in pairs)
    entities: tuple[str, ...] = ()
    if old.field is None and old.owner != new.owner:
        entities = (old.owner, new.owner)
    references = tuple(_references(snapshot, old.name, new.name)) if entities else ()
    renames.operations.append(
        RenameTable(new.name, old.name, named, entities, references)
    )
    return replace(old, name=new.name, owner=new.owner, foreign_keys=keys)


def _references(snapshot: Snapshot, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Columns that hold the names of entities, beside the id of the record."""
    for table in snapshot.tables:
        for column in table.columns:
            if column.field and column.name == f"{column.field}_entity":
                yield (new if table.name == old else table.name), column.name


def _retargeted(
    tables: Mapping[str, TableSpec], old: TableSpec, new: TableSpec
) -> dict[str, TableSpec]:
    """Foreign keys follow a renamed table by themselves, links its entity."""
    found = {}
    owners = {old.owner: new.owner}
    for name, table in tables.items():
        keys = tuple(
            replace(key, target=new.name) if key.target == old.name else key
            for key in table.foreign_keys
        )
        fields = tuple(
            replace(spec, targets=tuple(owners.get(to, to) for to in spec.targets))
            for spec in table.fields
        )
        owner = owners.get(table.owner, table.owner)
        found[name] = replace(table, owner=owner, foreign_keys=keys, fields=fields)
    return found


def _columns(old: TableSpec, new: TableSpec, renames: Renames) -> TableSpec:
    names: dict[str, str] = {}
    for wanted, former in new.renamed:
        found = next((n for n in former if old.column(n) and n not in names), None)
        if found is not None and old.column(wanted) is None:
            names[found] = wanted
            renames.operations.append(
                RenameColumn(new.name, found, wanted, _key(old, found, wanted))
            )
    if not names:
        return old
    return _applied(old, new, names)


def _key(table: TableSpec, old: str, new: str) -> tuple[str, ...]:
    for key in table.foreign_keys:
        if key.column == old:
            return key.name, foreign_key_name(table.name, new)
    return ()


def _applied(old: TableSpec, new: TableSpec, names: Mapping[str, str]) -> TableSpec:
    fields = {former: spec.name for spec in new.fields for former in spec.was}
    return replace(
        old,
        columns=tuple(
            replace(
                column,
                name=names.get(column.name, column.name),
                field=fields.get(column.field or "", column.field),
            )
            for column in old.columns
        ),
        fields=tuple(
            replace(spec, name=fields.get(spec.name, spec.name)) for spec in old.fields
        ),
        foreign_keys=tuple(_keys(old, names)),
        indexes=tuple(_stale(old.indexes, names)),
    )


def _keys(table: TableSpec, names: Mapping[str, str]) -> Iterator[ForeignKeySpec]:
    for key in table.foreign_keys:
        if key.column in names:
            column = names[key.column]
            yield replace(key, column=column, name=foreign_key_name(table.name, column))
        else:
            yield key


def _stale(
    indexes: Iterable[IndexSpec], names: Mapping[str, str]
) -> Iterator[IndexSpec]:
    """Indexes over renamed columns; their terms never match, so they are made anew."""
    for index in indexes:
        if set(index.columns) & set(names):
            columns = tuple(names.get(column, column) for column in index.columns)
            yield replace(index, columns=columns, terms=("renamed",))
        else:
            yield index
