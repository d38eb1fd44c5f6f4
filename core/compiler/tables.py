"""Core tables of entities, each made when it is first used.

Made by `compile_application`; queries, writes and migrations use the tables. They
carry columns only: indexes and foreign keys stand in core.compiler.table_spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler.first_use import FirstUse
from core.compiler.naming import (
    LONGEST,
    association_name,
    fold_name,
    search_name,
    shortened,
)
from core.compiler.naming import table_name as name_of
from core.expressions import Member, MemberKind
from core.expressions.schema import path_name
from core.expressions.storage_types import UtcDateTime, code_point_text
from core.fieldtypes import FieldType, FieldTypeCatalog
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.registry import Registry

#: Columns that every business table has, beside `position` of lines.
PSEUDO: tuple[str, ...] = (
    "id",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "archived",
    "archived_at",
)
#: Under this key a table tells the index that finds parts of its texts.
SEARCH = "search"
#: How deep a tree may become: deep enough for people, and an end for a loop in data.
DEEPEST = 32
#: Room for as many ids of up to 19 digits.
PATH_LENGTH = 20 * DEEPEST + 1


class Tables:
    """All business tables: by entity, and by entity and many-to-many field.

    Each is made when it is first used.
    """

    def __init__(self, registry: Registry, catalog: FieldTypeCatalog) -> None:
        self._registry = registry
        self._catalog = catalog
        self._makers = _Shared()
        self._metadata = sa.MetaData()
        self.of: Mapping[str, sa.Table] = FirstUse(registry.entities, self._table)
        connections = {
            (entity, name): field
            for entity, definition in registry.entities.items()
            for name, field in definition.fields.items()
            if field.type in _many_to_many(catalog)
        }
        self._connections = connections
        self.associations: Mapping[tuple[str, str], sa.FromClause] = FirstUse(
            connections, self._association
        )

    @property
    def metadata(self) -> sa.MetaData:
        """The metadata of all of them, which are made for it."""
        for entity in self.of:
            self.of[entity]
        for key in self.associations:
            self.associations[key]
        return self._metadata

    def _table(self, entity: str) -> sa.Table:
        definition = self._registry.entities[entity]
        columns = self._makers.pseudo(bool(definition.part_of))
        for field in flat_fields(self._registry, self._catalog, entity):
            columns.extend(_columns(field, self._makers))
        if definition.tree is not None:
            columns.append(self._makers.path(definition.tree))
        name = name_of(entity)
        folded = tuple(str(c.key) for c in columns if c.key.endswith(fold_name("")))
        info: dict[str, Any] = {}
        # Lines are reached through their owner; nobody looks for a part of their text.
        if folded and (definition.own_rights or not definition.part_of):
            info[SEARCH] = SearchIndex(search_name(name), folded)
        return sa.Table(name, self._metadata, *columns, info=info)

    def _association(self, key: tuple[str, str]) -> sa.FromClause:
        entity, name = key
        field = self._connections[key]
        found = through_fields(self._registry, entity, field)
        if field.through is None or found is None:
            return self._makers.association(self._metadata, entity, name)
        source, target = found
        rows = self.of[field.through].c
        return sa.select(
            rows[source].label("source"), rows[target].label("target")
        ).subquery()


@frozen
class SearchIndex:
    """What finds parts of the texts of a table; `columns` hold them folded."""

    name: str
    columns: tuple[str, ...]


@frozen
class FlatField:
    """A field under its flat name, with its member in the expression schema."""

    name: str
    definition: FieldDef
    type: FieldType
    member: Member | None
    address: str
    group: str | None = None

    @property
    def is_group(self) -> bool:
        """Whether it only stands for its members."""
        return bool(getattr(self.definition, "members", ()))

    @property
    def has_columns(self) -> bool:
        """Whether its value is kept in the table of its own entity."""
        return self.member is None or self.member.stored


def flat_fields(
    registry: Registry, catalog: FieldTypeCatalog, entity: str
) -> Iterator[FlatField]:
    """The fields of an entity; the members of a group follow it under flat names."""
    members = registry.schema.entities.get(entity)
    for name, definition in registry.entities[entity].fields.items():
        kind = catalog.get(definition.type)
        if kind is None:
            continue
        member = members.member(name) if members else None
        address = f"entity {entity}/fields/{name}"
        yield FlatField(name, definition, kind, member, address)
        for inner in getattr(definition, "members", ()):
            yield FlatField(
                f"{name}_{inner.name}",
                inner.field,
                inner.type,
                member.member(inner.name) if member else None,
                f"trait {definition.of}/fields/{inner.name}",
                name,
            )


def through_fields(
    registry: Registry, entity: str, field: FieldDef
) -> tuple[str, str] | None:
    """The links of a `through` entity: back to this one, and on to the pick."""
    rows = registry.entities.get(field.through or "")
    if rows is None:
        return None
    links = [(n, f.to[0]) for n, f in rows.fields.items() if f.type == "link" and f.to]
    back = next((name for name, to in links if to == entity), None)
    wanted = field.to or ((field.of,) if field.of else ())
    pick = next((n for n, to in links if n != back and to in wanted), None)
    return None if back is None or pick is None else (back, pick)


class _Shared:
    """Makes the columns all tables have; their types are shared, as types are dear."""

    def __init__(self) -> None:
        self._id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        self._whole = sa.Integer()
        self._long = sa.BigInteger()
        self._flag = sa.Boolean()
        self._moment = UtcDateTime()
        self._fold = code_point_text(None)
        self._path = code_point_text(PATH_LENGTH)

    def pseudo(self, line: bool) -> list[sa.Column[Any]]:
        columns: list[sa.Column[Any]] = [
            sa.Column("id", self._id, primary_key=True),
            sa.Column("version", self._whole, nullable=False),
            sa.Column("created_at", self._moment, nullable=False),
            sa.Column("created_by", self._long),
            sa.Column("updated_at", self._moment, nullable=False),
            sa.Column("updated_by", self._long),
            sa.Column("archived", self._flag, nullable=False),
            sa.Column("archived_at", self._moment),
        ]
        if line:
            columns.append(sa.Column("position", self._whole, nullable=False))
        return columns

    def fold(self, field: str) -> sa.Column[Any]:
        return sa.Column(fold_name(field), self._fold)

    def path(self, tree: str) -> sa.Column[Any]:
        return sa.Column(path_name(tree), self._path)

    def association(self, metadata: sa.MetaData, entity: str, field: str) -> sa.Table:
        options: dict[str, Any] = {"primary_key": True, "autoincrement": False}
        return sa.Table(
            association_name(entity, field),
            metadata,
            sa.Column("source", self._long, **options),
            sa.Column("target", self._long, **options),
        )


def _columns(field: FlatField, makers: _Shared) -> Iterator[sa.Column[Any]]:
    if not field.has_columns or field.is_group:
        return
    for column in field.type.columns(field.name, field.definition):
        if len(column.name) > LONGEST:
            column.name = sa.sql.quoted_name(shortened(column.name), None)
        yield column
    if field.member is not None and field.member.folded:
        column = makers.fold(field.name)
        if len(column.name) > LONGEST:
            column.name = sa.sql.quoted_name(shortened(column.name), None)
        yield column


def _many_to_many(catalog: FieldTypeCatalog) -> frozenset[str]:
    """The names of the types whose values stand in tables of their own."""
    kinds = ((name, catalog[name].member_kind) for name in catalog.names())
    return frozenset(name for name, kind in kinds if kind is MemberKind.LINKS)
