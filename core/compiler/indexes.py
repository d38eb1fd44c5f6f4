"""The indexes of an entity's table: links, searches, orders, filters, uniques.

Called when a snapshot is made, never on the way of a request. Null values are smallest
on both databases, and single columns are followed by the id, so that pages can be cut
by key in both directions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core.compiler.across import across_of
from core.compiler.computing import Computing
from core.compiler.duplicates import compared_columns, phone_tail
from core.compiler.naming import fold_name, index_name
from core.compiler.table_spec import IndexSpec
from core.compiler.tables import SEARCH, FlatField, Tables, flat_fields
from core.compiler.uniques import COMPANY, uniques_of
from core.definitions import EntityDef
from core.expressions import (
    Kind,
    MemberKind,
    TableBinding,
    Typed,
    text_of_all,
    to_sql_condition,
)
from core.expressions.schema import path_name
from core.fieldtypes import FieldTypeCatalog
from core.registry import Registry

# Values of these kinds narrow a list down far enough for an index to pay.
#: From this length on a text is no whole value that an index holds.
LONG = 256
_SELECTIVE = frozenset({Kind.CHOICE, Kind.LINK, Kind.DATE, Kind.DATETIME})


class IndexBuilder:
    """Makes the indexes of entities, one at a time."""

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
        self._computing = Computing(registry)

    def of(self, entity: str) -> tuple[IndexSpec, ...]:
        """All indexes of an entity's table, each name once."""
        fields = tuple(flat_fields(self._registry, self._catalog, entity))
        found: dict[str, IndexSpec] = {}
        uniques = tuple(self._uniques(entity, fields))
        # A unique value needs no second index to be found by.
        alone = {
            u.columns
            for u in uniques
            if u.unique and u.where is None and len(u.columns) == 1
        }
        searches = self._searches(self._tables.of[entity])
        for index in (*uniques, *self._plain(entity, fields), *searches):
            if index.unique or index.columns[:-1] not in alone:
                found.setdefault(index.name, index)
        return tuple(found.values())

    def association(self, table: sa.Table) -> tuple[IndexSpec, ...]:
        """The index of a many-to-many table that leads from target to source."""
        columns = (table.c.target, table.c.source)
        return (
            IndexSpec(
                index_name(table.name, "target"),
                tuple(self._quoted(column) for column in columns),
                ("target", "source"),
            ),
        )

    def _plain(self, entity: str, fields: tuple[FlatField, ...]) -> Iterator[IndexSpec]:
        definition = self._registry.entities[entity]
        table = self._tables.of[entity]
        owner = next(iter(definition.part_of), None)
        if owner is not None and owner in table.c:
            yield self._index(table, (owner, "position"))
        for name in self._single(entity, definition, fields):
            if name in table.c and name not in ("id", owner):
                yield self._index(table, (name,))
        for rule in across_of(self._registry, entity, self._computing):
            keys = (*rule.per, *rule.period[:1])
            if keys and all(name in table.c for name in keys):
                yield self._index(table, keys)
        if definition.tree is not None:
            yield self._index(table, (path_name(definition.tree),))
        for names in definition.indexes:
            yield self._index(table, tuple(names))
        for order in self._orders(entity):
            yield self._index(table, order)
        for way, name in compared_columns(self._registry, entity):
            if way == "phone" and name in table.c:
                yield self._tails(table.c[name])
            elif way == "exact" and fold_name(name) not in table.c and name in table.c:
                yield self._index(table, (name,))

    def _tails(self, column: sa.Column[Any]) -> IndexSpec:
        """Finds phone numbers by their last digits."""
        made = phone_tail(column, self._dialect.name).compile(
            dialect=self._dialect,
            compile_kwargs={"literal_binds": True, "include_table": False},
        )
        table = column.table
        assert isinstance(table, sa.Table)
        name = index_name(table.name, f"{column.key}_tail")
        return IndexSpec(name, (f"({made})",), (column.name,))

    def _single(
        self, entity: str, definition: EntityDef, fields: tuple[FlatField, ...]
    ) -> Iterator[str]:
        for field in fields:
            marked = field.definition.index or field.name == definition.key
            kind = field.type.member_kind
            if marked or kind in (MemberKind.LINK, MemberKind.REFERENCE):
                yield field.name
            if field.member is not None and field.member.folded:
                text = self._tables.of[entity].c[field.name].type
                # Longer texts do not fit into an index of whole values.
                if (getattr(text, "length", None) or LONG) < LONG:
                    yield fold_name(field.name)
        for id_ in definition.filters:
            typed = self._registry.typed(f"entity {entity}/filters/{id_}/where")
            if typed is not None:
                yield from _narrowing(typed, fields)

    def _orders(self, entity: str) -> Iterator[tuple[str, ...]]:
        """Written orders, of the entity and of its lists, over its own columns."""
        written = [self._registry.entities[entity].order]
        view = self._registry.views_of.get((entity, "list"))
        if view is not None:
            written.append(view.order)
        table = self._tables.of[entity]
        for order in written:
            keys = []
            for key in order:
                name = ".".join(key.path.steps)
                fold = fold_name(name)
                name = fold if fold in table.c else name
                keys.append(f"-{name}" if key.descending else name)
            if keys and all(key.removeprefix("-") in table.c for key in keys):
                yield tuple(keys)

    def _index(self, table: sa.Table, keys: tuple[str, ...]) -> IndexSpec:
        # The id follows in the direction of the last key: see the module's docstring.
        last = "-id" if keys[-1].startswith("-") else "id"
        keys = keys if keys[-1] == last else (*keys, last)
        columns = tuple(key.removeprefix("-") for key in keys)
        signs = tuple(
            c + "_down" if k[0] == "-" else c
            for k, c in zip(keys, columns, strict=True)
        )
        return IndexSpec(
            index_name(table.name, *signs[:-1]),
            tuple(
                self._term(table.c[key.removeprefix("-")], key[0] == "-")
                for key in keys
            ),
            tuple(table.c[name].name for name in columns),
        )

    def _term(self, column: sa.Column[Any], descending: bool) -> str:
        text = self._quoted(column) + (" DESC" if descending else "")
        if self._dialect.name != "postgresql" or not column.nullable:
            return text
        return text + (" NULLS LAST" if descending else " NULLS FIRST")

    def _searches(self, table: sa.Table) -> Iterator[IndexSpec]:
        """What finds parts of texts."""
        search = table.info.get(SEARCH)
        if search is None:
            return
        columns = tuple(table.c[key] for key in search.columns)
        terms = tuple(self._quoted(column) for column in columns)
        names = tuple(column.name for column in columns)
        if self._dialect.name == "postgresql":
            made = text_of_all(columns).compile(
                dialect=self._dialect, compile_kwargs={"include_table": False}
            )
            terms = (f"x_trigrams({made})",)
        yield IndexSpec(search.name, terms, names, method="trigram")

    def _uniques(
        self, entity: str, fields: tuple[FlatField, ...]
    ) -> Iterator[IndexSpec]:
        table = self._tables.of[entity]
        optional = self._registry.entities[entity].company == "optional"
        for unique in uniques_of(self._registry, entity, fields, self._computing):
            columns = [table.c[key] for key in unique.columns if key in table.c]
            terms = (
                f"(COALESCE({self._quoted(column)}, 0))"
                if unique.scoped and optional and column.key == COMPANY
                else self._quoted(column)
                for column in columns
            )
            typed = None if unique.where is None else unique.where.typed
            names = [column.name for column in columns]
            if typed is not None:
                names += _own_columns(typed, table)
            yield IndexSpec(
                unique.index,
                tuple(terms),
                tuple(dict.fromkeys(names)),
                unique=unique.level == "error",
                where=None if typed is None else self._where(typed, entity, table),
            )

    def _where(self, typed: Typed, entity: str, table: sa.Table) -> str:
        binding = TableBinding(self._tables.of, {"this": table})
        condition = to_sql_condition(typed, binding, self._dialect.name)
        made = condition.compile(
            dialect=self._dialect,
            compile_kwargs={"literal_binds": True, "include_table": False},
        )
        return str(made)

    def _quoted(self, column: sa.Column[Any]) -> str:
        return self._dialect.identifier_preparer.quote(column.name)


def _narrowing(typed: Typed, fields: Iterable[FlatField]) -> Iterator[str]:
    """The own columns in a filter by which an index could find its rows."""
    read = {path[0] for path in typed.reads}
    for field in fields:
        member = field.member
        if field.name not in read or member is None or not field.has_columns:
            continue
        if member.type.kind in _SELECTIVE and not field.definition.formula:
            yield field.name


def _own_columns(typed: Typed, table: sa.Table) -> list[str]:
    return [table.c[p[0]].name for p in sorted(typed.reads) if p[0] in table.c]
