"""Buttons of a record: which are offered, why one is not ready, and what pressing does.

Called by Transaction. Conditions and effects come compiled; effects run in order in the
transaction of the click, with full rights, and are audited under the actor's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledAction, CompiledEntity, CompiledField
from core.expressions import Env, Record
from core.frozen import frozen
from core.services.answers import checked_answers
from core.services.effects import Stage, Take, run_effects
from core.services.errors import (
    NotAllowed,
    Problem,
    RuleBroken,
    TransitionRefused,
    ValidationFailed,
)
from core.services.reasons import Reasons
from core.services.sentences import Sentence, sentence
from core.services.steps_input import not_found, permitted, stale
from core.services.transitions import REASON, against, follow, take
from core.services.undo_window import may_undo

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction


@frozen
class OfferedAction:
    """A button of one record; `why` says what stands against it when not ready.

    `because` says the same in words for the reader's language; None where the author
    of the button says it.
    """

    id: str
    label: str
    icon: str | None
    ready: bool
    why: str | None
    confirm: str | None
    ask: Mapping[str, CompiledField]
    because: Sentence | None = None


def offered(tx: Reader, entity: str, id_: int) -> list[OfferedAction]:
    """Return the buttons the actor's roles know, in the order of the definition."""
    compiled = tx.runtime.compiled.entity(entity)
    known = [a for a in _of_records(compiled) if known_to(tx, compiled, a)]
    if not known:
        return []
    record = _whole(tx, compiled, id_, known)
    buttons = []
    for action in known:
        env = tx.scene.env(action.reads, this=record, old=record)
        if action.move is not None and not _is_offered(tx, action, env):
            continue
        why = _why_not(tx, compiled, action, record, env)
        confirm = action.confirm.run(env) if action.confirm is not None else None
        buttons.append(button_of(action, why, confirm))
    return buttons


def button_of(
    action: CompiledAction, why: str | Sentence | None, confirm: str | None
) -> OfferedAction:
    """A button as it is offered; `why` says what stands against it."""
    return OfferedAction(
        action.id,
        action.label,
        action.definition.icon,
        why is None,
        None if why is None else str(why),
        confirm,
        action.ask,
        why if isinstance(why, Sentence) else None,
    )


def run(
    tx: Transaction,
    entity: str,
    id_: int,
    action_id: str,
    ask: dict[str, Any],
    version: int | None,
    taken: Mapping[str, Take] | None = None,
) -> Record:
    """Press a button; returns the record as it is afterwards."""
    compiled = tx.runtime.compiled.entity(entity)
    action = compiled.actions.get(action_id)
    if action is None or action not in _of_records(compiled):
        raise TransitionRefused(
            f"{compiled.label} has no action '{action_id}'.",
            entity=entity,
            id=id_,
            action=action_id,
        )
    tx.get(entity, id_, ("id",))
    record = _whole(tx, compiled, id_, [action])
    if version is not None and record["version"] != version:
        raise stale(tx.scene, compiled, record, version)
    if not known_to(tx, compiled, action):
        raise NotAllowed(
            f"You may not do '{action.label}' on {compiled.plural}.",
            entity=entity,
            verb=action_id,
        )
    answers = checked_answers(tx.scene, action, record, ask)
    env = tx.scene.env(action.reads, this=record, old=record, names=answers)
    why = _why_not(tx, compiled, action, record, env)
    if why is not None:
        raise refusal(why, entity=entity, id=id_, action=action_id)
    _check_take(tx, action, taken or {})
    with tx.scene.atomic(), tx.with_full_rights():
        perform(tx, compiled, record, action, answers, taken)
    return tx.get(entity, id_)


def perform(
    tx: Transaction,
    compiled: CompiledEntity,
    record: Record,
    action: CompiledAction,
    answers: dict[str, Any],
    taken: Mapping[str, Take] | None = None,
) -> None:
    """Do what pressing a button does, once nothing stands against it."""
    stage = Stage(compiled, record, answers, action, taken or {})
    if action.move is None:
        run_effects(tx, stage, action.effects)
    else:
        tx.moving += 1
        try:
            take(tx, stage, action.move)
        finally:
            tx.moving -= 1
    _check_rules(tx, compiled, record, action.id)
    if action.move is not None and compiled.automatic:
        follow(tx, compiled, [record.id or 0])


def move_to(
    tx: Transaction, entity: str, id_: int, state: str, value: str, version: int | None
) -> Record:
    """Move a record to a state, by the one transition that leads there.

    TransitionRefused if there is none, if something stands against it, or if it asks.
    """
    compiled = tx.runtime.compiled.entity(entity)
    ways = [
        one
        for one in compiled.actions.values()
        if one.move is not None
        and (one.move.state, one.move.to) == (state, value)
        and one.move.approves is None
        and known_to(tx, compiled, one)
    ]
    record = tx.get(entity, id_, ("id", state))
    if record[state] == value:
        return record
    whole = _whole(tx, compiled, id_, ways)
    offered = [
        one
        for one in ways
        if _is_offered(tx, one, tx.scene.env(one.reads, this=whole, old=whole))
    ]
    facts: dict[str, Any] = {"entity": entity, "id": id_}
    if not offered:
        text = "No button leads there from this state."
        raise refusal(sentence(text), **facts)
    action = offered[0]
    if action.ask or action.confirm is not None:
        text = "'{action}' asks something first: press it on the record."
        raise refusal(sentence(text, action=action.label), **facts, asks=action.id)
    return run(tx, entity, id_, action.id, {}, version)


def take_transition(
    tx: Transaction, entity: str, id_: int, name: str, ask: Mapping[str, Any]
) -> None:
    """Take a transition for an effect: its guards count, nobody's rights do."""
    compiled = tx.runtime.compiled.entity(entity)
    action = compiled.actions[name]
    record = _whole(tx, compiled, id_, [action])
    answers = checked_answers(tx.scene, action, record, ask)
    env = tx.scene.env(action.reads, this=record, old=record, names=answers)
    why = stands_against(tx, compiled, action, env)
    if why is not None:
        raise refusal(why, entity=entity, id=id_, action=name)
    perform(tx, compiled, record, action, answers)


def take_decided(
    tx: Transaction, compiled: CompiledEntity, id_: int, name: str, reason: str = ""
) -> None:
    """Take the transition that an approval leads to; its guards count."""
    action = compiled.actions[name]
    assert action.move is not None
    record = _whole(tx, compiled, id_, [action])
    given = {REASON: reason} if action.move.reason else {}
    answers = checked_answers(tx.scene, action, record, given)
    env = tx.scene.env(action.reads, this=record, old=record, names=answers)
    why = against(tx, action.label, action.move, env)
    if why is not None:
        raise refusal(why, entity=compiled.id, id=id_, action=name)
    perform(tx, compiled, record, action, answers)


def _is_offered(tx: Reader, action: CompiledAction, env: Env) -> bool:
    """Whether the record is in a state of a transition, and what it asks is true."""
    if action.when is not None and action.when.run(env) is not True:
        return False
    return action.move is None or may_undo(tx, action.move, env.this)


def _check_take(
    tx: Transaction, action: CompiledAction, taken: Mapping[str, Take]
) -> None:
    from core.services.open_rows import takes_less

    known = set(takes_less(tx.runtime, action)) if taken else set()
    unknown = sorted(taken.keys() - known)
    if unknown:
        message = f"'{action.label}' takes nothing by '{unknown[0]}'."
        path = ("take", unknown[0])
        raise ValidationFailed([Problem(None, "unknown_field", message, path)])


def _check_rules(
    tx: Transaction, compiled: CompiledEntity, before: Record, action_id: str
) -> None:
    """RuleBroken if a rule of this button does not hold for what it has made."""
    roles = tx.access.map.roles
    problems = []
    for rule in compiled.rules:
        if action_id not in rule.at or (rule.roles and not roles & {*rule.roles}):
            continue
        id_ = before.id or 0
        now = tx.scene.loader.load(compiled.id, [id_], rule.reads.this).get(id_)
        if now is None:
            continue
        env = tx.scene.env(rule.reads, this=now, old=before)
        if rule.when is not None and rule.when.run(env) is not True:
            continue
        if rule.check.run(env) is False:
            code = f"{compiled.id}/{rule.id}"
            problems.append(Problem(rule.field, code, rule.message.run(env)))
    if problems:
        raise RuleBroken(problems)


def refusal(why: str | Sentence, **facts: Any) -> TransitionRefused:
    because = why if isinstance(why, Sentence) else None
    return TransitionRefused(str(why), because, **facts)


def known_to(tx: Reader, compiled: CompiledEntity, action: CompiledAction) -> bool:
    """Whether the actor's roles hold the action's verb and are among its roles."""
    if tx.actor.is_admin:
        return True
    roles = tx.access.map.roles
    if action.roles and not roles & {*action.roles}:
        return False
    return tx.access.can(compiled.id, action.id)


def _of_records(compiled: CompiledEntity) -> list[CompiledAction]:
    actions = compiled.actions.values()
    return [one for one in actions if one.definition.place != "list"]


def _whole(
    tx: Reader, compiled: CompiledEntity, id_: int, actions: list[CompiledAction]
) -> Record:
    paths = {path for action in actions for path in action.reads.this}
    record = tx.scene.loader.load(compiled.id, [id_], paths).get(id_)
    if record is None:
        raise not_found(compiled, id_)
    return record


def _why_not(
    tx: Reader,
    compiled: CompiledEntity,
    action: CompiledAction,
    record: Record,
    env: Env,
) -> str | Sentence | None:
    registry = tx.runtime.compiled.registry
    place = f"entity {compiled.id}/actions/{action.id}"
    label = registry.label(place, tx.actor.language) or action.label
    allowed = tx.actor.is_admin or permitted(tx.scene, compiled, action.id, [record.id])
    if not allowed:
        text = "You may not do '{action}' on this {what}."
        return sentence(text, action=label, what=_named(tx, compiled))
    return stands_against(tx, compiled, action, env)


def stands_against(
    tx: Reader, compiled: CompiledEntity, action: CompiledAction, env: Env
) -> str | Sentence | None:
    """What stands against a button, whoever presses it."""
    registry = tx.runtime.compiled.registry
    place = f"entity {compiled.id}/actions/{action.id}"
    label = registry.label(place, tx.actor.language) or action.label
    if action.when is None or action.when.run(env) is True:
        return None if action.move is None else against(tx, label, action.move, env)
    if action.say is not None:
        return action.say.run(env)
    typed = action.when.typed
    facts = () if typed is None else Reasons(tx.scene).facts(typed, env)
    if not facts:
        return sentence("'{action}' is not possible now.", action=label)
    text = "'{action}' is not possible now because {facts}."
    return sentence(text, action=label, facts=facts)


def _named(tx: Reader, compiled: CompiledEntity) -> str:
    registry = tx.runtime.compiled.registry
    return registry.label(f"entity {compiled.id}", tx.actor.language) or compiled.label
