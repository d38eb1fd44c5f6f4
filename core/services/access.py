"""Who may do what to which rows and fields: the only answer the platform gives.

Asked by query and write before anything happens, and by pages for what to show. Rules
come compiled from core.compiler.access; here they become SQL conditions and checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler import AccessMap, Compiled, CompiledEntity, EntityAccess
from core.expressions import TableBinding, Typed, to_sql_condition
from core.expressions.binding import Binding
from core.frozen import frozen
from core.services.context import Actor
from core.services.errors import NotAllowed


@frozen
class FieldRights:
    """Fields an actor may read and write; conditions narrow them per row."""

    readable: frozenset[str]
    writable: frozenset[str]


class Access:
    """The rights of one actor over the compiled entities."""

    def __init__(self, compiled: Compiled, actor: Actor) -> None:
        self.compiled = compiled
        self.actor = actor
        self.map: AccessMap = compiled.access.of(actor.roles, admin=actor.is_admin)

    def of(self, entity: str) -> EntityAccess:
        """The compiled rights on an entity, those of the parent for lines."""
        return self.map.entity(entity)

    def can(self, entity: str, verb: str) -> bool:
        """Whether the verb is granted on at least some rows of the entity."""
        access = self.of(entity)
        if access.parent is not None:
            return self.can(access.parent.entity, parent_verb(verb))
        return access.can(verb)

    def require(self, entity: str, verb: str) -> None:
        """Raise NotAllowed unless the verb is granted on some rows."""
        if not self.can(entity, verb):
            label = self.compiled.entity(entity).plural
            raise NotAllowed(
                f"You may not {verb.replace('_', ' ')} {label}. "
                "Ask an administrator for a role that may.",
                entity=entity,
                verb=verb,
            )

    def fields(self, entity: str) -> FieldRights:
        """The fields the actor may read and write on at least some rows."""
        access = self.of(entity)
        return FieldRights(access.readable, access.writable)

    def condition(
        self, entity: str, verb: str, row: sa.FromClause, around: Around
    ) -> sa.ColumnElement[bool] | None:
        """The rows on which the verb is granted, None for all; limits included."""
        access = self.of(entity)
        compiled = self.compiled.entity(entity)
        if access.parent is not None:
            return self._by_parent(compiled, access, verb, row, around)
        parts = [self._granted(access, verb, entity, row, around)]
        parts.extend(
            around.condition(limit, row, self.compiled) for limit in access.limits(verb)
        )
        parts.append(self._company(compiled, row))
        kept = [part for part in parts if part is not None]
        return sa.and_(*kept) if kept else None

    def _granted(
        self,
        access: EntityAccess,
        verb: str,
        entity: str,
        row: sa.FromClause,
        around: Around,
    ) -> sa.ColumnElement[bool] | None:
        if not access.can(verb):
            return sa.false()
        rule = access.rows(verb)
        if rule.unrestricted:
            return None
        ways = [around.condition(one, row, self.compiled) for one in rule.wheres]
        ways.extend(self._via(entity, link, row, around) for link in rule.via)
        for typed, links in rule.both:
            linked = sa.or_(*(self._via(entity, one, row, around) for one in links))
            condition = around.condition(typed, row, self.compiled)
            ways.append(sa.and_(condition, linked))
        return sa.or_(*ways) if ways else sa.false()

    def _via(
        self, entity: str, link: str, row: sa.FromClause, around: Around
    ) -> sa.ColumnElement[bool]:
        """Rows whose linked record the actor may read."""
        target = self.compiled.entity(entity).fields[link].targets[0]
        other = self.compiled.tables[target].alias()
        readable = self.condition(target, "read", other, around)
        found = sa.select(sa.literal(1)).where(other.c.id == row.c[link])
        return sa.exists(found if readable is None else found.where(readable))

    def _by_parent(
        self,
        compiled: CompiledEntity,
        access: EntityAccess,
        verb: str,
        row: sa.FromClause,
        around: Around,
    ) -> sa.ColumnElement[bool] | None:
        owner = access.parent
        assert owner is not None
        parent = self.compiled.tables[owner.entity].alias()
        allowed = self.condition(owner.entity, parent_verb(verb), parent, around)
        if allowed is None:
            return None
        found = sa.select(sa.literal(1)).where(parent.c.id == row.c[owner.field])
        return sa.exists(found.where(allowed))

    def _company(
        self, compiled: CompiledEntity, row: sa.FromClause
    ) -> sa.ColumnElement[bool] | None:
        actor = self.actor
        if not compiled.has_company or (actor.is_admin and not actor.companies):
            return None
        mine: sa.ColumnElement[bool] = row.c.company.in_(actor.companies)
        if compiled.definition.company == "optional":
            return sa.or_(mine, row.c.company.is_(None))
        return mine


class Around:
    """Turns typed conditions into SQL for one statement, with its parameters."""

    def __init__(
        self, parameters: Mapping[str, Any], ref: Callable[[str], int | None]
    ) -> None:
        self.parameters = parameters
        self.ref = ref

    def binding(self, row: sa.FromClause, compiled: Compiled) -> Binding:
        """The binding of a row as `this`, reading with full rights."""
        return compiled.binding({"this": row}, self.parameters, ref=self.ref)

    def condition(
        self, typed: Typed, row: sa.FromClause, compiled: Compiled
    ) -> sa.ColumnElement[bool]:
        """The condition over a row of the entity that the expression is about."""
        return to_sql_condition(typed, self.binding(row, compiled), compiled.dialect)

    def user_condition(
        self, typed: Typed, row: sa.FromClause, access: Access
    ) -> sa.ColumnElement[bool]:
        """The same for what a user typed: other tables hold only rows he may read."""
        binding = self.user_binding(row, access)
        return to_sql_condition(typed, binding, access.compiled.dialect)

    def user_binding(self, row: sa.FromClause, access: Access) -> TableBinding:
        """The binding of a row as `this` that reads only what the user may."""
        return TableBinding(
            ReadableTables(access, self),
            {"this": row},
            self.parameters,
            associations=access.compiled.association_tables,
            ref=self.ref,
        )


class ReadableTables(Mapping[str, sa.FromClause]):
    """The tables narrowed to the rows that an actor may read."""

    def __init__(self, access: Access, around: Around) -> None:
        self._access = access
        self._around = around

    def __getitem__(self, entity: str) -> sa.FromClause:
        table = self._access.compiled.tables[entity]
        allowed = self._access.condition(entity, "read", table, self._around)
        return table if allowed is None else sa.select(table).where(allowed).subquery()

    def __iter__(self) -> Iterator[str]:
        return iter(self._access.compiled.tables)

    def __len__(self) -> int:
        return len(self._access.compiled.tables)


def parent_verb(verb: str) -> str:
    """The verb a line's parent is asked for: reading reads, everything else updates."""
    return verb if verb in ("read", "export") else "update"
