"""Assignments: who gets a record, kept with the rule that decided.

Called by the effect `assign` in the transaction of the save, and by a timer when it is
to be given to somebody else. One at a time decides for each assignment, so that turns
are even whatever happens at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.compiler import AssignRule, CompiledAssignment, compile_assignment
from core.expressions import Record
from core.frozen import frozen
from core.registry import Registry
from core.services.effects import ids_of
from core.services.loader import chunks
from core.services.people import USER
from core.services.runtime import Runtime
from core.storage import assign_turn, assigned, timer

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.scene import Scene
    from core.services.transactions import Transaction

KIND = "assignment"
_LONGEST = 500


@frozen
class Assigned:
    """Who got a record, when, by which rule of which assignment, and what it said."""

    id: int
    assignment: str
    rule: str | None
    person: int | None
    said: str | None
    at: datetime


def assignment_of(runtime: Runtime, id: str) -> CompiledAssignment:
    """An assignment, compiled at its first use; KeyError if there is none."""
    registry = runtime.compiled.registry
    made: CompiledAssignment = runtime.plans.get(
        (KIND, id), lambda: compile_assignment(registry, id)
    )
    return made


def assign(tx: Transaction, id: str, record: int, again: bool = False) -> int | None:
    """Give a record to somebody; returns whom, None if nobody was found.

    again: to somebody who did not have it before.
    """
    chosen = _Choice(tx, assignment_of(tx.runtime, id), record, again)
    if chosen.record is None:
        return None
    person, rule = chosen.make()
    one = chosen.assignment
    said = "" if rule is None or rule.say is None else rule.say.run(chosen.env())
    if person is not None:
        values: dict[str, Any] = {one.definition.field: person}
        if one.definition.reason is not None:
            values[one.definition.reason] = _reason(rule, said)
        tx.update(one.entity, record, values)
    tx.scene.connection.execute(
        sa.insert(assigned).values(
            assignment=one.id,
            rule=None if rule is None else rule.id,
            entity=one.entity,
            record=record,
            person=person,
            said=said[:_LONGEST] or None,
            at=tx.scene.moment.now,
            author=tx.actor.user_id,
        )
    )
    if person is not None:
        chosen.plan_next()
    return person


def assign_again(tx: Transaction, id: str, record: int) -> str:
    """Give a record to somebody else, unless that is not needed; says how it went."""
    from core.services.reactions import refused_by

    known = tx.runtime.compiled.registry.assignments
    if id not in known:
        return "There is no such assignment any more."
    one = assignment_of(tx.runtime, id)
    found = tx.scene.loader.load(one.entity, [record], one.reads.this).get(record)
    if found is None:
        return "The record is gone."
    env = tx.scene.env(one.reads, this=found, old=found)
    if one.unless is not None and one.unless.run(env) is True:
        return "It was not needed."
    origin = f"{KIND} {id}"
    with tx.scene.atomic(), tx.acting_for(origin), refused_by(one.label, one.entity):
        person = assign(tx, id, record, again=True)
    return "" if person is not None else "Nobody else was found."


def assigned_of(reader: Reader, entity: str, record: int) -> list[Assigned]:
    """Who got a record and by which rule, the latest first; for who may read it."""
    reader.get(entity, record, ("id",))
    query = (
        sa.select(assigned)
        .where(assigned.c.entity == entity, assigned.c.record == record)
        .order_by(assigned.c.id.desc())
        .limit(50)
    )
    return [
        Assigned(row.id, row.assignment, row.rule, row.person, row.said, row.at)
        for row in reader.scene.connection.execute(query)
    ]


def rule_label(registry: Registry, one: Assigned, language: str = "en") -> str | None:
    """The rule that decided by its name; None where none did."""
    if one.rule is None:
        return None
    return registry.label(f"{KIND} {one.assignment}/rules/{one.rule}", language)


def names_of(reader: Reader, found: Sequence[Assigned]) -> Mapping[int, str]:
    """The people who got something, by their names."""
    ids = sorted({one.person for one in found if one.person is not None})
    return reader.titles(USER, ids) if ids else {}


def forget_assigned(scene: Scene, entity: str, ids: Sequence[int]) -> None:
    """Take what was kept about records that are deleted away with them."""
    known = scene.runtime.compiled.registry.assignments.values()
    if not any(one.entity == entity for one in known):
        return
    for table in (assigned, timer):
        for chunk in chunks(ids):
            mine = (table.c.entity == entity, table.c.record.in_(chunk))
            scene.connection.execute(table.delete().where(*mine))


def _reason(rule: AssignRule | None, said: str) -> str:
    if rule is None:
        return "fallback"
    text = f"{said} ({rule.id})" if said else rule.id
    return text[:255]


class _Choice:
    """One decision: the record as it is, under the lock of its assignment."""

    def __init__(
        self,
        tx: Transaction,
        assignment: CompiledAssignment,
        record: int,
        again: bool,
    ) -> None:
        self.tx = tx
        self.assignment = assignment
        self.again = again
        self.number = self._draw()
        paths = assignment.reads.this
        loader = tx.scene.loader
        self.record = loader.load(assignment.entity, [record], paths).get(record)
        self.had = self._before(record)

    def env(self, person: Record | None = None) -> Any:
        """The surroundings of an expression; `it` is a person."""
        names = {} if person is None else {"it": person}
        return self.tx.scene.env(
            self.assignment.reads, this=self.record, old=self.record, names=names
        )

    def make(self) -> tuple[int | None, AssignRule | None]:
        """Whom the first rule that finds somebody gives it to."""
        env = self.env()
        for rule in self.assignment.rules:
            if rule.when is not None and rule.when.run(env) is not True:
                continue
            source = rule.to or rule.pool
            found = () if source is None else tuple(ids_of(source.run(env)))
            person = self._pick(rule, self._fit(rule, found))
            if person is not None:
                return person, rule
        fallback = self.assignment.fallback
        found = () if fallback is None else tuple(ids_of(fallback.run(env)))
        return next((one for one in found if one not in self._gone), None), None

    def plan_next(self) -> None:
        """Let a timer look whether somebody else is to get it."""
        retry, due = self.assignment.definition.retry, self.assignment.due
        assert self.record is not None
        if retry is None or due is None:
            return
        scene, id_ = self.tx.scene, self.record.id or 0
        mine = (
            timer.c.entity == self.assignment.entity,
            timer.c.record == id_,
            timer.c.timer == f"{KIND} {self.assignment.id}",
        )
        scene.connection.execute(timer.delete().where(*mine))
        # The first time is none again.
        if self.again and len(self.had) > retry.most - 1:
            return
        moment = due.run(self.env())
        if moment is None:
            return
        scene.connection.execute(
            sa.insert(timer).values(
                id=secrets.randbits(62),
                timer=f"{KIND} {self.assignment.id}",
                entity=self.assignment.entity,
                record=id_,
                due_at=moment,
                runs=len(self.had),
            )
        )

    # -- who may get it ------------------------------------------------------------

    def _fit(self, rule: AssignRule, ids: Sequence[int]) -> list[Record]:
        """Those who are there, able, and below capacity, in the order of the pool."""
        paths = self.assignment.reads.of.get("it", frozenset())
        known = self.tx.scene.loader.load(USER, ids, paths)
        found = []
        for id_ in dict.fromkeys(ids):
            person = known.get(id_)
            if person is None or id_ in self._gone:
                continue
            if person.values.get("active") is False:
                continue
            skilled = rule.skill is None or rule.by == "score"
            if not skilled and rule.skill is not None:
                skilled = rule.skill.run(self.env(person)) is True
            if skilled and self._is_free(person):
                found.append(person)
        return found

    def _is_free(self, person: Record) -> bool:
        capacity, most = self.assignment.definition.capacity, self.assignment.most
        if capacity is None or most is None:
            return True
        limit = most.run(self.env(person))
        if limit is None:
            return True
        if capacity.per is not None:
            return bool(self._given(person, capacity.per) < limit)
        return bool(self._load(person) < limit)

    def _load(self, person: Record) -> Any:
        load = self.assignment.load
        return 0 if load is None else load.run(self.env(person)) or 0

    def _given(self, person: Record, per: str) -> int:
        scene = self.tx.scene
        begin = _begin(scene.moment.today, per)
        since = datetime.combine(begin, time(0), tzinfo=scene.moment.zone)
        query = sa.select(sa.func.count()).where(
            assigned.c.assignment == self.assignment.id,
            assigned.c.person == person.id,
            assigned.c.at >= since.astimezone(UTC),
        )
        return int(scene.connection.execute(query).scalar_one())

    def _pick(self, rule: AssignRule, people: Sequence[Record]) -> int | None:
        if not people:
            return None
        turns = self._turns(rule)

        def turn(person: Record) -> int:
            return turns.get(person.id or 0, 0)

        if rule.by == "random":
            chosen = people[secrets.randbelow(len(people))]
        elif rule.by == "least_load":
            chosen = min(people, key=lambda one: (self._load(one), turn(one)))
        elif rule.by == "score" and rule.skill is not None:
            skill = rule.skill

            def score(one: Record) -> Any:
                return skill.run(self.env(one)) or 0

            chosen = max(people, key=lambda one: (score(one), -turn(one)))
        else:
            chosen = min(people, key=turn)
        self._took(rule, chosen.id or 0)
        return chosen.id

    # -- turns -----------------------------------------------------------------------

    def _draw(self) -> int:
        """The number of this decision; the row stays locked until the commit."""
        self.tx.scene.begin_writing()
        return self._count("", 0, assign_turn.c.number + 1, 1)

    def _took(self, rule: AssignRule, person: int) -> None:
        self._count(rule.id, person, self.number, self.number)

    def _count(self, rule: str, person: int, then: Any, first: int) -> int:
        connection = self.tx.scene.connection
        postgresql = connection.dialect.name == "postgresql"
        insert = postgresql_insert if postgresql else sqlite_insert
        values = {"assignment": self.assignment.id, "rule": rule, "person": person}
        fresh = insert(assign_turn).values(**values, number=first)
        statement = fresh.on_conflict_do_update(
            index_elements=list(assign_turn.primary_key), set_={"number": then}
        ).returning(assign_turn.c.number)
        return int(connection.execute(statement).scalar_one())

    def _turns(self, rule: AssignRule) -> dict[int, int]:
        query = sa.select(assign_turn.c.person, assign_turn.c.number).where(
            assign_turn.c.assignment == self.assignment.id,
            assign_turn.c.rule == rule.id,
        )
        rows = self.tx.scene.connection.execute(query)
        return {row.person: row.number for row in rows}

    def _before(self, record: int) -> tuple[int, ...]:
        """Who had the record by this assignment, each once, the first one first."""
        query = (
            sa.select(assigned.c.person)
            .where(assigned.c.assignment == self.assignment.id)
            .where(assigned.c.entity == self.assignment.entity)
            .where(assigned.c.record == record)
            .order_by(assigned.c.id)
        )
        found = self.tx.scene.connection.execute(query).scalars()
        return tuple(one for one in found if one is not None)

    @property
    def _gone(self) -> tuple[int, ...]:
        return self.had if self.again else ()


def _begin(day: date, per: str) -> date:
    """The first day of the period that a day is in."""
    if per == "day":
        return day
    if per == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1}.get(per, 1)
    return day.replace(month=month, day=1)
