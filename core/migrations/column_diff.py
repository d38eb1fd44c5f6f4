"""Columns that are there before and after, but not alike.

Called by `diff`; asks the field types whether and how the values can be taken along.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from core.compiler.table_spec import ColumnSpec, FieldSpec, TableSpec, TypeSpec
from core.expressions.storage_types import SQLITE_DIGITS
from core.fieldtypes import Conversion, FieldTypeCatalog, Method, Safety
from core.migrations.change_column import ChangeColumn, definition_of


def changed_columns(
    old: TableSpec, new: TableSpec, dialect: str, catalog: FieldTypeCatalog
) -> list[ChangeColumn]:
    """The changes of columns of one table, in the order of its columns."""
    return list(_changes(old, new, dialect, catalog))


def _changes(
    old: TableSpec, new: TableSpec, dialect: str, catalog: FieldTypeCatalog
) -> Iterator[ChangeColumn]:
    before = {spec.name: spec for spec in old.fields}
    after = {spec.name: spec for spec in new.fields}
    keys = {key.column: key for key in new.foreign_keys}
    for column in new.columns:
        was = old.column(column.name)
        if was is None or column.field is None or was.field != column.field:
            continue
        one, other = before.get(column.field), after.get(column.field)
        if one is None or other is None:
            continue
        # Targets and types are the affair of a field's first column.
        first = column.name == column.field
        if same(was.type, column.type) and (not first or _kept(one, other)):
            continue
        conversion = _conversion(one, other, catalog)
        how = _how(conversion, was, column, dialect)
        if how is not None:
            yield ChangeColumn(
                table=new.name,
                old=was,
                new=column,
                how=how,
                before=one,
                after=other,
                key=keys.get(column.name),
                note=conversion.note,
                lossy=how == "recode" and _lossy(conversion, was, column),
            )


def same(one: TypeSpec, other: TypeSpec) -> bool:
    """Whether two columns are stored alike, up to their spelling."""
    return (one.kind, one.length, one.digits, one.places) == (
        other.kind,
        other.length,
        other.digits,
        other.places,
    )


def _kept(one: FieldSpec, other: FieldSpec) -> bool:
    return one.type == other.type and one.targets == other.targets


def _conversion(
    old: FieldSpec, new: FieldSpec, catalog: FieldTypeCatalog
) -> Conversion:
    kind = catalog.get(new.type)
    if kind is None or old.type not in catalog:
        return Conversion(Safety.REFUSED, Method.NONE, f"no field type '{old.type}'")
    return kind.conversion_from(definition_of(old), definition_of(new))


def _how(
    conversion: Conversion, old: ColumnSpec, new: ColumnSpec, dialect: str
) -> Literal["alter", "recode", "replace"] | None:
    if conversion.safety is Safety.REFUSED or conversion.how is Method.NONE:
        return "replace"
    if conversion.how is Method.RECODE:
        return "recode"
    if same(old.type, new.type):
        return None
    if _lossy(conversion, old, new):
        return "recode"
    if dialect == "sqlite" and _storage(old.type) != _storage(new.type):
        return "recode"
    return "alter"


def _lossy(conversion: Conversion, old: ColumnSpec, new: ColumnSpec) -> bool:
    """Whether some value may have no place in the new column."""
    if conversion.safety is not Safety.SAFE:
        return True
    return old.type.kind == new.type.kind and not _fits(old.type, new.type)


def _fits(old: TypeSpec, new: TypeSpec) -> bool:
    """Whether every value of the old column has a place in the new one."""
    if old.kind != new.kind:
        return (old.kind, new.kind) == ("small", "integer")
    if new.kind == "text":
        return new.length is None or (
            old.length is not None and old.length <= new.length
        )
    if new.kind == "decimal":
        places = (new.places or 0) - (old.places or 0)
        whole = (new.digits or 0) - (old.digits or 0) - places
        return places >= 0 and whole >= 0
    return True


def _storage(kind: TypeSpec) -> str:
    """How SQLite keeps the values; another form needs another column."""
    if kind.kind == "decimal":
        return "count" if (kind.digits or 0) <= SQLITE_DIGITS else "text"
    return "count" if kind.kind in ("small", "integer", "duration") else kind.kind
