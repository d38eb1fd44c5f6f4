"""Compiled tables as plain data: columns, indexes, foreign keys, former names.

Called for snapshots; hands on `TableSpec`s, which migrations compare and store.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.compiler.computing import targets_of
from core.compiler.indexes import IndexBuilder
from core.compiler.naming import (
    association_name,
    fold_name,
    foreign_key_name,
    table_name,
)
from core.compiler.table_spec import (
    ColumnSpec,
    FieldSpec,
    ForeignKeySpec,
    TableSpec,
    TypeSpec,
)
from core.compiler.tables import FlatField, Tables, flat_fields
from core.definitions import EntityDef
from core.expressions import MemberKind, Typed
from core.expressions.schema import path_name
from core.expressions.storage_types import (
    ChoiceSet,
    ExactDecimal,
    IsoDate,
    IsoTime,
    Microseconds,
    UtcDateTime,
)
from core.expressions.substitution import walk
from core.expressions.tree import Read
from core.fieldtypes import FieldDef, FieldTypeCatalog
from core.fieldtypes.spec import ChoiceDef
from core.registry import Registry, choices_of
from core.source import Map

# The first match names the kind; subclasses stand before what they derive from.
_KINDS: tuple[tuple[type, str], ...] = (
    (UtcDateTime, "datetime"),
    (IsoDate, "date"),
    (IsoTime, "time"),
    (Microseconds, "duration"),
    (ChoiceSet, "choices"),
    (sa.String, "text"),
    (sa.BigInteger, "integer"),
    (sa.Integer, "small"),
    (sa.Boolean, "boolean"),
    (sa.JSON, "json"),
    (sa.LargeBinary, "binary"),
)


def table_specs(
    registry: Registry,
    catalog: FieldTypeCatalog,
    tables: Tables,
    dialect: sa.Dialect,
) -> tuple[TableSpec, ...]:
    """The specification of every business table."""
    maker = _SpecMaker(registry, catalog, tables, dialect)
    found: list[TableSpec] = []
    for entity in registry.entities:
        found.append(maker.entity(entity))
        found.extend(maker.associations(entity))
    return tuple(found)


def type_spec(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> TypeSpec:
    """A column's type as data."""
    sql = kind.compile(dialect=dialect)
    if isinstance(kind, ExactDecimal):
        return TypeSpec("decimal", sql, None, kind.digits, kind.places)
    name = next((name for cls, name in _KINDS if isinstance(kind, cls)), None)
    length = getattr(kind, "length", None) if name == "text" else None
    return TypeSpec(name or type(kind).__name__.lower(), sql, length)


class _SpecMaker:
    def __init__(
        self,
        registry: Registry,
        catalog: FieldTypeCatalog,
        tables: Tables,
        dialect: sa.Dialect,
    ) -> None:
        self._registry = registry
        self._catalog = catalog
        self._tables = tables
        self._dialect = dialect
        self._indexes = IndexBuilder(registry, catalog, tables, dialect)

    def entity(self, entity: str) -> TableSpec:
        definition = self._registry.entities[entity]
        table = self._tables.of[entity]
        fields = tuple(flat_fields(self._registry, self._catalog, entity))
        owners = {
            str(column.key): field
            for field in fields
            for column in field.type.columns(field.name, field.definition)
        }
        owners |= {fold_name(field.name): field for field in fields}
        owners |= {path_name(field.name): field for field in fields}
        return TableSpec(
            name=table.name,
            owner=entity,
            columns=tuple(
                self._column(column, owners.get(str(column.key)), entity)
                for column in table.columns
            ),
            fields=tuple(self._field(entity, field) for field in fields),
            indexes=self._indexes.of(entity),
            foreign_keys=tuple(self._foreign_keys(table, fields)),
            was=tuple(table_name(_full(old, entity)) for old in definition.was),
            renamed=tuple(_renamed(table, fields)),
        )

    def associations(self, entity: str) -> Iterator[TableSpec]:
        definition = self._registry.entities[entity]
        for (owner, name), table in self._tables.associations.items():
            if owner != entity or not isinstance(table, sa.Table):
                continue
            field = definition.fields[name]
            target = (field.to or ((field.of,) if field.of else ("",)))[0]
            chosen = field.on_delete if field.gave("on_delete") else "cascade"
            yield TableSpec(
                name=table.name,
                owner=entity,
                field=name,
                columns=tuple(self._column(c, None, entity) for c in table.columns),
                primary=("source", "target"),
                indexes=self._indexes.association(table),
                foreign_keys=(
                    self._key(table, "source", entity, "cascade"),
                    self._key(table, "target", target, chosen),
                ),
                was=tuple(_former_associations(definition, entity, name)),
            )

    def _column(
        self, column: sa.Column[Any], field: FlatField | None, entity: str
    ) -> ColumnSpec:
        spec = type_spec(column.type, self._dialect)
        fixed = column.nullable or column.primary_key
        module = entity.partition(".")[0]
        if field is not None:
            top = f"entity {entity}/fields/{field.group or field.name}"
            module = self._registry.set_by(top)
        return ColumnSpec(
            name=column.name,
            type=spec,
            nullable=bool(column.nullable),
            default=None if fixed else _default(spec),
            fill=None if field is None else self._fill(column, field),
            field=None if field is None else field.name,
            module=module,
        )

    def _fill(self, column: sa.Column[Any], field: FlatField) -> str | None:
        """The literal default, for rows that are there when the column is added."""
        slot = field.definition.default
        plain = field.type.member_kind is MemberKind.COLUMN
        if slot is None or slot.expr is not None or not plain:
            return None
        value = field.type.literal(slot.literal, field.definition)
        stored = field.type.store(value, field.name, field.definition)
        found = stored.get(str(column.key))
        if found is None or isinstance(column.type, sa.JSON | sa.LargeBinary):
            return None
        text = sa.literal(found, column.type).compile(
            dialect=self._dialect, compile_kwargs={"literal_binds": True}
        )
        return str(text)

    def _field(self, entity: str, field: FlatField) -> FieldSpec:
        definition = field.definition
        formula = None
        if field.has_columns and (definition.formula is not None or definition.cases):
            typed = self._registry.formula(entity, field.name)
            formula = None if typed is None else _whole_text(typed)
        return FieldSpec(
            name=field.name,
            type=definition.type,
            length=definition.length,
            digits=definition.digits,
            places=definition.places,
            choices=tuple(choice.key for choice in choices_of(definition)),
            targets=targets_of(definition),
            was=_former(field),
            formula=formula,
            renamed=tuple(_former_choices(definition)),
            lent=tuple(self._lent(entity, field)),
        )

    def _lent(self, entity: str, field: FlatField) -> Iterator[tuple[str, str]]:
        """The choices that another module has added to the field, with its name."""
        at = f"entity {entity}/fields/{field.name}"
        own = self._registry.set_by(at)
        for choice in choices_of(field.definition):
            giver = self._registry.set_by(f"{at}/choices/{choice.key}")
            if giver != own:
                yield choice.key, giver

    def _foreign_keys(
        self, table: sa.Table, fields: tuple[FlatField, ...]
    ) -> Iterator[ForeignKeySpec]:
        for field in fields:
            if field.type.member_kind is MemberKind.LINK and field.has_columns:
                target = next(iter(field.definition.to), "")
                if target in self._tables.of:
                    name = table.c[field.name].name
                    yield self._key(table, name, target, field.definition.on_delete)

    def _key(
        self, table: sa.Table, column: str, target: str, on_delete: str
    ) -> ForeignKeySpec:
        name = foreign_key_name(table.name, column)
        return ForeignKeySpec(name, column, table_name(target), on_delete)


def _former_choices(field: FieldDef) -> Iterator[tuple[str, str]]:
    """Former keys of choices, by `was` of a choice or by `values_was` of the field."""
    yield from field.values_was.items()
    for choice in field.choices.values() if isinstance(field.choices, Map) else ():
        if isinstance(choice, ChoiceDef):
            yield from ((former, choice.id) for former in choice.was)


def _whole_text(typed: Typed) -> str:
    """A formula with the formulas computed on read that it reads, each once."""
    found: dict[str, None] = {}
    waiting = [typed]
    while waiting:
        one = waiting.pop(0)
        if one.text not in found:
            found[one.text] = None
            for node in walk(one.tree):
                if isinstance(node, Read) and node.member.computed is not None:
                    waiting.append(node.member.computed)
    return "; ".join(found)


def _default(spec: TypeSpec) -> str | None:
    """What rows that do not say otherwise hold in a column without nulls."""
    if spec.kind == "boolean":
        return "FALSE"
    numbers = ("integer", "small", "duration", "decimal")
    return "0" if spec.kind in numbers else "''" if spec.kind == "text" else None


def _renamed(
    table: sa.Table, fields: tuple[FlatField, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Former names of columns, those of helper columns of a field as well."""
    for field in fields:
        for column in table.columns:
            key = str(column.key)
            rest = key.removeprefix(field.name)
            own = key == field.name or rest in ("_entity", "__fold", "__path")
            if field.definition.was and own and key.startswith(field.name):
                former = _former(field)
                yield column.name, tuple(f"{old}{rest}" for old in former)


def _former(field: FlatField) -> tuple[str, ...]:
    mark = "" if field.group is None else f"{field.group}_"
    return tuple(f"{mark}{old}" for old in field.definition.was)


def _former_associations(
    definition: EntityDef, entity: str, name: str
) -> Iterator[str]:
    entities = (entity, *(_full(old, entity) for old in definition.was))
    names = (name, *definition.fields[name].was)
    for owner in entities:
        for field in names:
            if (owner, field) != (entity, name):
                yield association_name(owner, field)


def _full(old: str, entity: str) -> str:
    """A former id; a bare name was in the same module."""
    return old if "." in old else f"{entity.partition('.')[0]}.{old}"
