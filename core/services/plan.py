"""Builds the SELECT of one question: columns, row filter, search, order, cursor.

Called by core.services.query, which keeps the plans: two lists that differ only in
values share one plan. Every plan carries the actor's row filter; there is no other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import narrowing
from core.frozen import frozen
from core.services.access import Access, Around
from core.services.cursor import after, nulls_are_left
from core.services.errors import BadQuery
from core.services.filters import user_filter
from core.services.order_terms import may_order, order_column
from core.services.ordering import placed
from core.services.readable import PSEUDO, ReadableEntity
from core.services.request import Query
from core.services.runtime import Runtime
from core.services.words import Word, have_words

Path = tuple[str, ...]


@frozen
class Shape:
    """Which of the fields asked for come how: own columns, paths, to-many values."""

    own: tuple[str, ...]
    paths: tuple[Path, ...]
    many: tuple[str, ...]
    lines: tuple[str, ...]


@frozen
class Key:
    """One term of the order; `column` is what the database compares."""

    path: str
    column: sa.ColumnElement[Any]
    descending: bool


@frozen
class Plan:
    """A built question; `names` are the labels of the leading columns.

    `rest` asks for what follows when the rows of `statement` are used up.
    """

    statement: sa.Select[Any]
    rest: sa.Select[Any] | None
    counting: sa.Select[Any]
    names: tuple[str, ...]
    shape: Shape
    keys: tuple[Key, ...]


class Planner:
    """Builds plans for one actor over one entity."""

    def __init__(
        self,
        runtime: Runtime,
        access: Access,
        entity: str,
        around: Around,
        unfiltered: bool = False,
    ) -> None:
        self.runtime = runtime
        self.access = access
        self.around = around
        self.unfiltered = unfiltered
        self.compiled: CompiledEntity = runtime.compiled.entity(entity)
        whole = runtime.compiled.registry.schema.entity(entity)
        assert whole is not None
        self.schema = ReadableEntity(whole, access)
        self.row: sa.FromClause = self.compiled.table

    # -- what is asked ----------------------------------------------------------

    def shape(self, fields: Sequence[str]) -> Shape:
        """Sort the fields asked for; BadQuery for one that is unknown or forbidden."""
        own: list[str] = []
        paths: list[Path] = []
        many: list[str] = []
        lines: list[str] = []
        for name in fields or self._all_fields():
            if "." in name:
                paths.append(self.path(name))
                continue
            field = self.compiled.fields.get(name)
            if name not in PSEUDO and (field is None or not self._readable(name)):
                raise self.unknown(name)
            if field is not None and field.kind == "group":
                own.extend(m for m in field.members if self._readable(m))
            elif name in self.compiled.lines:
                lines.append(name)
            elif name in self.compiled.associations:
                many.append(name)
            else:
                own.append(name)
        return Shape(tuple(dict.fromkeys(own)), tuple(paths), tuple(many), tuple(lines))

    def _all_fields(self) -> list[str]:
        names = [
            name
            for name, field in self.compiled.fields.items()
            if field.kind not in ("lines", "links", "group") and self._readable(name)
        ]
        return [*names, *sorted(PSEUDO - {"id", "version"})]

    def _readable(self, name: str) -> bool:
        field = self.compiled.fields.get(name)
        if field is not None and field.type.write_only:
            return False
        return name in self.access.of(self.compiled.id).readable

    def path(self, name: str, parameter: str = "fields") -> Path:
        """The steps of a path whose every step may be read; groups are flattened."""
        steps = tuple(name.split("."))
        if len(steps) > 4:
            raise BadQuery(
                f"The path '{name}' has {len(steps) - 1} links; 3 are allowed.",
                parameter=parameter,
            )
        entity = self.schema.id
        for number, step in enumerate(steps):
            schema = self._schema_of(entity)
            member = None if schema is None else schema.member(step)
            if member is None:
                raise self.unknown(name, parameter)
            last = number == len(steps) - 1
            if last:
                break
            if member.members:
                return self._group_path(steps, number, name)
            if member.to_many or member.target is None:
                raise self.unknown(name, parameter)
            entity = member.target
        return steps

    def _group_path(self, steps: Path, number: int, name: str) -> Path:
        flat = f"{steps[number]}_{steps[number + 1]}"
        rest = (*steps[:number], flat, *steps[number + 2 :])
        return rest if len(rest) == 1 else self.path(".".join(rest))

    def _schema_of(self, entity: str) -> ReadableEntity | None:
        whole = self.runtime.compiled.registry.schema.entity(entity)
        if whole is None or not self.access.can(entity, "read"):
            return None
        return ReadableEntity(whole, self.access)

    def unknown(self, name: str, parameter: str = "fields") -> BadQuery:
        """The answer to a name that is not there or may not be read."""
        from core.diagnostics import suggestion

        tail = suggestion(name.split(".")[0], self.schema.names())
        return BadQuery(
            f"{self.compiled.label} has no field '{name}'.{tail}",
            parameter=parameter,
            name=name,
        )

    # -- the statement ------------------------------------------------------------

    def plan(
        self,
        query: Query,
        verb: str,
        words: Sequence[Word],
        cursor: Sequence[Any] | None,
    ) -> Plan:
        """Build the plan; `cursor` holds bind parameters or None per term of order."""
        shape = self.shape(query.fields)
        keys = self.keys(query.order)
        names, columns = self._columns(shape)
        where = self.where(query, verb, words)
        statement = sa.select(*columns, *(key.column for key in keys)).where(*where)
        statement = statement.order_by(
            *(placed(key.column, key.descending) for key in keys)
        )
        statement = statement.limit(sa.bindparam("limit", type_=sa.Integer))
        if query.offset is not None:
            statement = statement.offset(sa.bindparam("offset", type_=sa.Integer))
        rest: sa.Select[Any] | None = None
        if cursor is not None:
            pairs = [(key.column, key.descending) for key in keys]
            if nulls_are_left(pairs, cursor):
                rest = statement.where(keys[0].column.is_(None))
            statement = statement.where(after(pairs, cursor))
        counting = sa.select(sa.literal(1)).select_from(self.row).where(*where)
        return Plan(statement, rest, counting, names, shape, keys)

    def _columns(self, shape: Shape) -> tuple[tuple[str, ...], list[Any]]:
        names: list[str] = ["id", "version"]
        columns: list[Any] = [self.row.c.id, self.row.c.version]
        first_steps = [path[0] for path in shape.paths]
        for name in dict.fromkeys([*shape.own, *first_steps]):
            field = self.compiled.fields.get(name)
            keys = (name,) if field is None else field.columns
            if name in self.compiled.virtuals:
                formula = self.compiled.virtuals[name]
                if formula.sql is not None:
                    names.append(name)
                    binding = self.around.binding(self.row, self.runtime.compiled)
                    columns.append(formula.sql(binding).label(name))
                continue
            for key in keys:
                if key not in names:
                    names.append(key)
                    columns.append(self.row.c[key])
        return tuple(names), columns

    def where(
        self, query: Query, verb: str, words: Sequence[Word]
    ) -> list[sa.ColumnElement[bool]]:
        """The conditions of a question: rights, archive, filters and search words."""
        compiled, row = self.compiled, self.row
        parts: list[sa.ColumnElement[bool]] = []
        if not self.unfiltered:
            allowed = self.access.condition(compiled.id, verb, row, self.around)
            if allowed is not None:
                parts.append(allowed)
        if compiled.definition.archive and query.archived != "yes":
            parts.append(row.c.archived.is_(query.archived == "only"))
        for name in query.named:
            parts.append(self._named(name))
        if query.id is not None:
            parts.append(row.c.id == sa.bindparam("record_id"))
        if query.filter:
            typed = user_filter(self.runtime, self.access, compiled.id, query.filter)
            parts.append(self.around.user_condition(typed, row, self.access))
            dialect = self.runtime.compiled.dialect
            parts += narrowing(typed.tree, row, dialect)
        if words:
            readable = self.access.of(compiled.id)
            names = [
                name
                for name in compiled.search_fields
                if name in readable.readable and name not in readable.read_conditions
            ]
            dialect = self.runtime.compiled.dialect
            parts += have_words(row, names, words, dialect)
        return parts

    def _named(self, name: str) -> sa.ColumnElement[bool]:
        found = self.compiled.filters.get(name)
        roles = self.access.map.roles
        hidden = found is not None and found.roles and not roles & set(found.roles)
        if found is None or (hidden and not self.access.actor.is_admin):
            raise BadQuery(
                f"{self.compiled.label} has no filter '@{name}'.",
                parameter="filter",
                name=name,
            )
        return self.around.condition(found.where, self.row, self.runtime.compiled)

    def keys(self, order: Sequence[str]) -> tuple[Key, ...]:
        """The terms of the order, ended by the id in the direction of the last.

        Of the entity's own order, terms that the actor may not read are left out.
        """
        terms = order or [t for t in self.compiled.order if may_order(self, t)]
        keys = [self._key(text) for text in terms]
        if "id" not in {key.path for key in keys}:
            descending = keys[-1].descending if keys else False
            keys.append(Key("id", self.row.c.id, descending))
        return tuple(keys)

    def _key(self, text: str) -> Key:
        path = text.lstrip("-+").strip()
        steps = self.path(path, "order") if "." in path else (path,)
        column = order_column(self, steps)
        return Key(path, column, text.startswith("-"))
