"""Approvals: whose turn it is in a state, who may decide, what a decision leads to.

Called by core.services.transitions for the buttons `approve` and `reject`, and after
saves of records that wait. What was decided stands in `platform_approval`, one row for
each answer; a row `asked` begins a round, so that nothing is ever taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.compiler import (
    CompiledAction,
    CompiledApproval,
    CompiledEntity,
    CompiledLevel,
    CompiledMove,
)
from core.expressions import Env, Record
from core.frozen import frozen
from core.services.batch import Batch
from core.services.effects import Stage, ids_of
from core.services.errors import TransitionRefused
from core.services.sentences import Sentence, sentence
from core.services.timeline.about import insert
from core.storage.timeline_tables import approval as decisions
from core.storage.timeline_tables import notification

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

ASKED, APPROVED, REJECTED = "asked", "approved", "rejected"
ESCALATED = "escalated"


@frozen
class Decision:
    """One answer of a round; `level` counts from 0."""

    at: datetime
    author: int | None
    kind: str
    level: int
    deputy_for: tuple[int, ...]


@frozen
class Standing:
    """How far the approval of a record is.

    `open`: places of the levels that are not skipped, in order. `level` is the one
    whose turn it is, None when all have approved. `asked_by` began the round.
    `escalated`: it took so long that others may decide as well.
    """

    approval: CompiledApproval
    open: tuple[int, ...]
    level: int | None
    given: tuple[Decision, ...]
    asked_by: int | None
    escalated: bool = False

    @property
    def turn(self) -> CompiledLevel | None:
        """The level whose turn it is."""
        return None if self.level is None else self.approval.levels[self.level]

    def approved_by(self, level: int) -> tuple[Decision, ...]:
        """The approvals of a level in this round."""
        return tuple(one for one in self.given if one.level == level)


def approving(entity: CompiledEntity) -> Iterator[tuple[CompiledAction, CompiledMove]]:
    """The buttons by which somebody approves records of the entity."""
    for action in entity.approving:
        assert action.move is not None
        yield action, action.move


def standing(
    reader: Reader, move: CompiledMove, record: Record, env: Env
) -> Standing | None:
    """How far the record is in the approval of its state; None if none is asked."""
    approval = move.approvals.get(str(record.values.get(move.state)))
    if approval is None:
        return None
    asked_by, given, late = _round(reader, move, approval, record)
    open_ = tuple(
        place
        for place, level in enumerate(approval.levels)
        if level.when is None or level.when.run(env) is True
    )
    found = Standing(approval, open_, None, given, asked_by, late)
    for place in open_:
        people = {one.author for one in found.approved_by(place)}
        if len(people) < approval.levels[place].need:
            return replace(found, level=place)
    return found


def _round(
    reader: Reader, move: CompiledMove, approval: CompiledApproval, record: Record
) -> tuple[int | None, tuple[Decision, ...], bool]:
    """Who began the present round, the approvals in it, whether it took too long."""
    rows = reader.scene.connection.execute(
        sa.select(decisions)
        .where(
            decisions.c.entity == record.entity,
            decisions.c.record == record.id,
            decisions.c.workflow == move.workflow,
            decisions.c.state == approval.state,
        )
        .order_by(decisions.c.id)
    ).all()
    asked_by: int | None = None
    given: list[Decision] = []
    late = False
    for row in rows:
        if row.kind == ASKED:
            asked_by, given, late = row.author, [], False
        elif row.kind == APPROVED:
            for_ = tuple(row.deputy_for or ())
            given.append(Decision(row.at, row.author, row.kind, row.level, for_))
        elif row.kind == ESCALATED:
            late = True
    return asked_by, tuple(given), late


def against_verdict(
    reader: Reader, label: str, move: CompiledMove, env: Env
) -> Sentence | None:
    """Why the actor does not decide now: not asked, took part, has decided already."""
    record = env.this
    assert isinstance(record, Record)
    found = standing(reader, move, record, env)
    turn = None if found is None else found.turn
    if found is None or found.level is None or turn is None:
        return sentence("'{action}' is not possible now.", action=label)
    givers = _by_right(reader, found, turn, env)
    if givers is None:
        text = "'{action}' is for those whose turn it is: {people}."
        return sentence(text, action=label, people=who(reader, found, env))
    barred = {found.asked_by} if found.asked_by is not None else set()
    for people in found.approval.not_by:
        barred |= set(ids_of(people.run(env)))
    if barred & {reader.actor.user_id, *givers}:
        text = "'{action}' has to be done by somebody else: you took part in this."
        return sentence(text, action=label)
    if reader.actor.user_id in {o.author for o in found.approved_by(found.level)}:
        text = "You have approved already. Still to decide: {people}."
        return sentence(text, people=who(reader, found, env))
    return None


def _by_right(
    reader: Reader, found: Standing, turn: CompiledLevel, env: Env
) -> tuple[int, ...] | None:
    """For whom the actor decides at this level: () for himself; None if he may not."""
    actor = reader.actor
    if actor.user_id is None:
        return None
    wanted = frozenset(turn.roles)
    users = set(_users(found, turn, env))
    own = _with_included(reader, actor.roles - actor.lent)
    if actor.is_admin or own & wanted or actor.user_id in users:
        return ()
    if found.approval.delegable:
        if givers := users & set(actor.deputy_for):
            return tuple(sorted(givers))
        if _with_included(reader, actor.roles) & wanted:
            return actor.deputy_for
    return None


def _with_included(reader: Reader, roles: frozenset[str]) -> frozenset[str]:
    known = reader.runtime.compiled.registry.rights.roles
    included = (known[one].includes for one in roles if one in known)
    return roles.union(*included)


def _users(found: Standing, turn: CompiledLevel, env: Env) -> list[int]:
    """The people who are named one by one, with those who came in later."""
    to = found.approval.escalate_to if found.escalated else None
    lists = [one.run(env) for one in (turn.users, to) if one is not None]
    return [id_ for people in lists for id_ in ids_of(people)]


def _role(reader: Reader, role: str) -> str:
    module, _, name = role.partition(".")
    place = f"permissions {module}/roles/{name}"
    registry = reader.runtime.compiled.registry
    return registry.label(place, reader.actor.language)


def who(reader: Reader, found: Standing, env: Env) -> str:
    """Who decides the level whose turn it is; empty when all have approved."""
    if found.turn is None:
        return ""
    names = [_role(reader, role) for role in found.turn.roles]
    people = _users(found, found.turn, env)
    names += reader.titles("base.user", people).values() if people else []
    return ", ".join(names) or "-"


def ask(tx: Transaction, entity: CompiledEntity, id_: int, workflow: str) -> None:
    """Begin a round for a record that has come to a state with an approval."""
    for action, move in approving(entity):
        record = tx.scene.loader.load(entity.id, [id_], action.reads.this)[id_]
        env = tx.scene.env(action.reads, this=record, old=record)
        found = standing(tx, move, record, env) if move.workflow == workflow else None
        if found is None:
            continue
        _note(tx, move, record, ASKED, 0, found.approval.state)
        again = standing(tx, move, record, env)
        assert again is not None
        if again.level is None:
            from core.services.actions import take_decided

            take_decided(tx, entity, id_, again.approval.passing)
        else:
            _tell_turn(tx, again, record, env)


def after_save(batch: Batch) -> None:
    """New records may begin with an approval; approvals do not count for what was
    changed after them."""
    for _, move in approving(batch.entity) if batch.moving is None else ():
        for change in batch.alive:
            approval = move.approvals.get(str(change.record.values.get(move.state)))
            if approval is None:
                continue
            id_ = change.record.id or 0
            if change.old is None:
                ask(batch.tx, batch.entity, id_, move.workflow)
            elif set(approval.reapprove) & set(change.changed):
                _, given, late = _round(batch.tx, move, approval, change.record)
                if given:
                    ask(batch.tx, batch.entity, id_, move.workflow)
                if given and late:
                    escalate(batch.tx, batch.entity, id_)


def escalate(tx: Transaction, entity: CompiledEntity, id_: int) -> None:
    """Let others decide as well, and tell them, if nobody has decided yet."""
    for action, move in approving(entity):
        record = tx.scene.loader.load(entity.id, [id_], action.reads.this)[id_]
        env = tx.scene.env(action.reads, this=record, old=record)
        found = standing(tx, move, record, env)
        if found is None or found.level is None or found.approval.escalate_to is None:
            continue
        _note(tx, move, record, ESCALATED, found.level, found.approval.state)
        people = ids_of(found.approval.escalate_to.run(env))
        _tell(tx, record, {*people}, "approval")


def decide(tx: Transaction, stage: Stage, move: CompiledMove) -> str | None:
    """Note the actor's decision; returns the transition that it leads to, if any."""
    env = stage.env(tx)
    found = standing(tx, move, stage.record, env)
    if found is None or found.level is None or found.turn is None:
        raise TransitionRefused("Nothing is to be decided.", entity=stage.entity.id)
    givers = _by_right(tx, found, found.turn, env)
    kind = APPROVED if move.approves else REJECTED
    state = found.approval.state
    _note(tx, move, stage.record, kind, found.level, state, givers or ())
    if not move.approves:
        _tell(tx, stage.record, {found.asked_by}, REJECTED)
        return found.approval.rejecting
    again = standing(tx, move, stage.record, env)
    assert again is not None
    if again.level is None:
        _tell(tx, stage.record, {found.asked_by}, APPROVED)
        return found.approval.passing
    if again.level != found.level:
        _tell_turn(tx, again, stage.record, env)
    return None


def _note(
    tx: Transaction,
    move: CompiledMove,
    record: Record,
    kind: str,
    level: int,
    state: str,
    givers: Sequence[int] = (),
) -> None:
    insert(
        tx,
        decisions,
        entity=record.entity,
        record=record.id,
        workflow=move.workflow,
        state=state,
        kind=kind,
        level=level,
        deputy_for=list(givers) or None,
    )


def _tell_turn(tx: Transaction, found: Standing, record: Record, env: Env) -> None:
    """Tell the people whose turn it is, where they are named one by one."""
    turn = found.turn
    if turn is not None and turn.users is not None:
        _tell(tx, record, set(ids_of(turn.users.run(env))), "approval")


def _tell(tx: Transaction, record: Record, people: set[int | None], kind: str) -> None:
    for person in sorted(one for one in people if one is not None):
        if person != tx.actor.user_id:
            about = {"entity": record.entity, "record": record.id}
            insert(tx, notification, person=person, kind=kind, **about)
