"""Takes transitions: what stands against one, the move itself, those taken unasked.

Called by core.services.actions for a click and an effect, and by core.services.write
after a save. Effects run in the old state, those of entering in the new one; numbers
are drawn last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.compiler import (
    CompiledAction,
    CompiledEntity,
    CompiledMove,
    Effect,
    SetFields,
)
from core.expressions import Env, Record
from core.services.approvals import against_verdict, ask, decide
from core.services.batch import Batch
from core.services.effects import Stage, ids_of, plain, reload, run_effects
from core.services.errors import TransitionRefused
from core.services.reasons import Reasons
from core.services.sentences import Sentence, sentence
from core.services.steps_input import stale
from core.services.undo_window import may_undo

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: Transitions that follow one another by themselves; more go round in a circle.
DEEPEST = 8
REASON = "reason"


def against(
    tx: Reader, label: str, move: CompiledMove, env: Env
) -> str | Sentence | None:
    """What stands against a transition that is offered: who asks, or a guard."""
    if move.approves is not None:
        return against_verdict(tx, label, move, env)
    if not may_undo(tx, move, env.this):
        return sentence("It is too late for '{action}'.", action=label)
    me = tx.actor.user_id
    if move.not_by is not None and me in set(ids_of(move.not_by.run(env))):
        text = "'{action}' has to be done by somebody else: you took part in this."
        return sentence(text, action=label)
    for guard in move.guards:
        if guard.check.run(env) is True:
            continue
        if guard.say is not None:
            return guard.say.run(env)
        typed = guard.check.typed
        facts = () if typed is None else Reasons(tx.scene).facts(typed, env)
        if not facts:
            return sentence("'{action}' is not possible now.", action=label)
        text = "'{action}' is not possible now because {facts}."
        return sentence(text, action=label, facts=facts)
    return None


def take(tx: Transaction, stage: Stage, move: CompiledMove) -> None:
    """Move the record on: what is done for it, the new state, what the state brings.

    The last effect, if it sets fields, is written together with the state, so that
    what a state requires may come from the transition that leads there.
    """
    held(tx, stage)
    if move.approves is not None:
        _decide(tx, stage, move)
        return
    run_effects(tx, stage, move.leave.get(stage.record[move.state], ()))
    effects, last = _split(stage.action.effects)
    run_effects(tx, stage, effects)
    values = {name: plain(stage.names.get(f"ask.{name}")) for name in move.asked}
    if last is not None:
        env = stage.env(tx)
        values |= {name: plain(value.run(env)) for name, value in last.values}
    values[move.state] = move.to
    batch = tx.batch(stage.entity.id, "update", [(stage.record.id, values, None)])
    batch.moving = stage.action.id
    batch.event = move.event
    batch.reason = stage.names.get(f"ask.{REASON}") if move.reason else None
    batch.draws = () if move.enter else move.numberings
    _save(batch)
    reload(tx, stage)
    if move.enter:
        _enter(tx, stage, move)
    entity = tx.runtime.compiled.entity(stage.entity.id)
    if entity.approving:
        ask(tx, entity, stage.record.id or 0, move.workflow)


def _enter(tx: Transaction, stage: Stage, move: CompiledMove) -> None:
    run_effects(tx, stage, move.enter)
    if move.numberings:
        batch = tx.batch(stage.entity.id, "update", [(stage.record.id, {}, None)])
        batch.draws = move.numberings
        _save(batch)
        reload(tx, stage)


def _decide(tx: Transaction, stage: Stage, move: CompiledMove) -> None:
    """Note a decision of an approval, and take the transition that it leads to."""
    from core.services.actions import take_decided

    action = stage.action
    # Under the lock of the record: what others decided meanwhile counts.
    why = against_verdict(tx, action.label, move, stage.env(tx))
    if why is not None:
        raise TransitionRefused(str(why), why, entity=stage.entity.id)
    reason = str(stage.names.get(f"ask.{REASON}") or "")
    way = decide(tx, stage, move)
    batch = tx.batch(stage.entity.id, "update", [(stage.record.id, {}, None)])
    batch.moving, batch.event, batch.reason = action.id, move.event, reason or None
    _save(batch)
    reload(tx, stage)
    if way is not None:
        entity = tx.runtime.compiled.entity(stage.entity.id)
        take_decided(tx, entity, stage.record.id or 0, way, reason)


def held(tx: Transaction, stage: Stage) -> None:
    """Lock the record; StaleRecord if it is not as it was when guards were asked."""
    tx.scene.begin_writing()
    entity = tx.runtime.compiled.entity(stage.entity.id)
    table, record = entity.table, stage.record
    statement = sa.select(table.c.version).where(table.c.id == record.id)
    now = tx.scene.connection.scalar(statement.with_for_update())
    if now != record["version"]:
        raise stale(tx.scene, entity, record, record["version"])


def _split(effects: tuple[Effect, ...]) -> tuple[tuple[Effect, ...], SetFields | None]:
    """The effects, and the last one by itself if it sets fields whatever happens."""
    last = effects[-1] if effects else None
    if isinstance(last, SetFields) and last.when is None and last.name is None:
        return effects[:-1], last
    return effects, None


def _save(batch: Batch) -> None:
    from core.services.write import save

    save(batch)


def follow(tx: Transaction, entity: CompiledEntity, ids: Sequence[int]) -> None:
    """Take the automatic transitions that a save of records has made possible.

    Nothing follows while another transition is on its way; it looks at its end.
    """
    if tx.moving:
        return
    for action in entity.automatic:
        records = tx.scene.loader.load(entity.id, ids, action.reads.this)
        for record in records.values():
            if _is_due(tx, action, record):
                _take(tx, entity, action, record)


def _is_due(tx: Transaction, action: CompiledAction, record: Record) -> bool:
    assert action.move is not None
    env = tx.scene.env(action.reads, this=record, old=record)
    if action.when is not None and action.when.run(env) is not True:
        return False
    return all(guard.check.run(env) is True for guard in action.move.guards)


def _take(
    tx: Transaction, entity: CompiledEntity, action: CompiledAction, record: Record
) -> None:
    from core.services.actions import perform

    if tx.following >= DEEPEST:
        raise TransitionRefused(
            f"'{action.label}' follows on itself without end.",
            entity=entity.id,
            id=record.id,
            action=action.id,
        )
    tx.following += 1
    try:
        with tx.scene.atomic(), tx.with_full_rights():
            perform(tx, entity, record, action, {})
    finally:
        tx.following -= 1
