"""One actor at one moment over one connection: what all questions of a block share.

Made by Reader and Transaction; query, titles and write path take the rights, the
loader and the surroundings of expressions from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import Reads
from core.expressions import Env, Record
from core.services.access import Access, Around
from core.services.context import Actor
from core.services.loader import Loader, Path
from core.services.readable import PSEUDO
from core.services.runtime import Runtime
from core.services.settings import settings_of
from core.services.wording import to_text
from core.storage import tables

USER = "base.user"
COMPANY = "base.company"


class Scene:
    """Rights, loader, parameters and environments of one block of work."""

    def __init__(
        self, runtime: Runtime, connection: sa.Connection, actor: Actor
    ) -> None:
        self.runtime = runtime
        self.connection = connection
        self.actor = actor
        self.moment = runtime.clock.moment(actor.zone)
        self.access = Access(runtime.compiled, actor)
        self.around = Around(_parameters(actor), self.ref_id)
        self.parameters: Mapping[str, Any] = {
            "me": actor.user_id,
            "company": actor.company,
            "now": self.moment.now,
            "today": self.moment.today,
        }
        self.rights_key = (
            actor.roles,
            actor.is_admin,
            actor.companies,
            actor.zone,
        )
        self._people: dict[tuple[str, int], Record] = {}
        self._refs: dict[str, tuple[str, int] | None] = {}
        self._settings: Mapping[str, Any] | None = None
        self.loader = Loader(connection, runtime.compiled)
        self.loader.env = self.env()
        self.loader.parameters = {**self.parameters, "zone": actor.zone}

    # -- surroundings of expressions --------------------------------------------

    def env(
        self,
        reads: Reads | None = None,
        *,
        this: Record | None = None,
        old: Record | None = None,
        company: int | None = None,
        names: Mapping[str, Any] | None = None,
    ) -> Env:
        """The surroundings of an evaluation that reads what `reads` names."""
        reads = Reads() if reads is None else reads
        company = self.actor.company if company is None else company
        return Env(
            this=this,
            old=old,
            me=self._person(USER, self.actor.user_id, reads.of.get("me")),
            company=self._person(COMPANY, company, reads.of.get("company")),
            settings=self.settings,
            names={} if names is None else names,
            now=self.moment.now,
            today=self.moment.today,
            zone=self.moment.zone,
            rows=lambda entity, equal: self._rows(entity, equal, reads),
            ref=self.ref,
            has_role=self._has_role,
            to_text=lambda value, type_, form: to_text(self.actor, value, type_, form),
        )

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings of all modules for this actor, keyed `module.field`."""
        if self._settings is None:
            self._settings = settings_of(
                self.connection, self.runtime.compiled, self.actor
            )
        return self._settings

    def ref(self, key: str) -> Record | None:
        """The record with this external id."""
        found = self._ref(key)
        if found is None:
            return None
        return self.loader.load(found[0], [found[1]]).get(found[1])

    def ref_id(self, key: str) -> int | None:
        """The id of the record with this external id."""
        found = self._ref(key)
        return None if found is None else found[1]

    def _ref(self, key: str) -> tuple[str, int] | None:
        if key not in self._refs:
            entity, _, name = key.rpartition(".")
            table = tables.external_id
            statement = sa.select(table.c.record).where(
                table.c.entity == entity, table.c.key == name
            )
            found = self.connection.execute(statement).scalar_one_or_none()
            self._refs[key] = None if found is None else (entity, found)
        return self._refs[key]

    def _person(
        self, entity: str, id_: int | None, paths: frozenset[Path] | None
    ) -> Record | None:
        """The acting user or company, with what is read of it loaded."""
        if id_ is None or entity not in self.runtime.compiled.tables:
            return None
        if not paths:
            return self._people.get((entity, id_)) or Record(entity, id_, {"id": id_})
        record = self._people.get((entity, id_))
        if record is None:
            record = self.loader.load(entity, [id_], paths).get(id_)
            if record is None:
                return None
            self._people[entity, id_] = record
        self.loader.fill(entity, [record], paths)
        return record

    def _rows(
        self, entity: str, equal: Mapping[str, Any], reads: Reads
    ) -> tuple[Record, ...]:
        table = self.runtime.compiled.tables[entity]
        if any(value is None for value in equal.values()):
            return ()
        condition = sa.and_(*(table.c[name] == v for name, v in equal.items()))
        paths = reads.of.get(f"rows:{entity}", frozenset())
        return tuple(self.loader.where(entity, condition, paths))

    def _has_role(self, user: int, role: str) -> bool:
        return user == self.actor.user_id and role in self.access.map.roles

    # -- what a user may see of loaded records -----------------------------------

    def finish(
        self, entity: str, records: Sequence[Record], own: Iterable[str]
    ) -> None:
        """Compute what has no SQL form and blank what a condition forbids."""
        compiled = self.runtime.compiled.entity(entity)
        wanted = set(own)
        virtual = [
            name
            for name, formula in compiled.virtuals.items()
            if name in wanted and formula.sql is None
        ]
        conditions = {
            name: test
            for name, test in self.access.of(entity).read_conditions.items()
            if name in wanted
        }
        if not records or not (virtual or conditions):
            return
        paths = {path for name in virtual for path in _reads(compiled, name)}
        paths |= {path for test in conditions.values() for path in test.reads.this}
        ids = [record.id for record in records if record.id is not None]
        whole = self.loader.load(entity, ids, paths)
        for record in records:
            row = whole[record.id or 0]
            for name in virtual:
                value = compiled.virtuals[name].value
                record.values[name] = value.run(self.env(value.reads, this=row))
            for name, test in conditions.items():
                if test.run(self.env(test.reads, this=row)) is not True:
                    record.values[name] = None
                    record.relations.pop(name, None)

    def fill_lines(
        self, entity: str, records: Sequence[Record], names: Iterable[str]
    ) -> None:
        """Load lines as a user sees them: readable fields, computed ones included."""
        from core.services.titles import add_titles

        compiled = self.runtime.compiled.entity(entity)
        for name in names:
            child_id = compiled.lines[name].child
            child = self.runtime.compiled.entity(child_id)
            readable = self.access.of(child_id).readable
            paths: set[Path] = {(name, v) for v in child.virtuals if v in readable}
            self.loader.fill(entity, records, paths or [(name, "id")])
            rows = [row for record in records for row in record.relations[name]]
            shown = [field for field in child.fields if field in readable]
            hidden = set(child.fields) - readable
            for row in rows:
                for field in hidden:
                    row.values.pop(field, None)
            many = [field for field in child.associations if field in readable]
            if many:
                self.loader.fill(child_id, rows, [(field, "id") for field in many])
            add_titles(self, child_id, rows, shown)
            self.finish(child_id, rows, shown)
            deeper = [field for field in child.lines if field in readable]
            if deeper:
                self.fill_lines(child_id, rows, deeper)

    def readable_names(self, entity: str) -> frozenset[str]:
        """All names a user may read of the entity, stamps included."""
        return self.access.of(entity).readable | PSEUDO


def _reads(compiled: Any, name: str) -> frozenset[Path]:
    paths: frozenset[Path] = compiled.virtuals[name].value.reads.this
    return paths


def _parameters(actor: Actor) -> dict[str, Any]:
    """Bind parameters that keep plans free of the values of one request."""
    return {
        "me": sa.bindparam("me", type_=sa.BigInteger),
        "company": sa.bindparam("company", type_=sa.BigInteger),
        "now": sa.bindparam("now"),
        "today": sa.bindparam("today"),
        "zone": actor.zone,
    }
