"""Buttons of a whole list, and buttons pressed for the records chosen in one.

Called by pages and API. `place: list` runs once and without a record; `place:
selection` runs for each chosen record by itself, so that one refusal stops no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledAction, CompiledEntity
from core.expressions import Record
from core.services.actions import (
    OfferedAction,
    button_of,
    known_to,
    perform,
    refusal,
    run,
    stands_against,
)
from core.services.answers import checked_answers
from core.services.errors import AppError, NotAllowed, Problem, ValidationFailed
from core.services.request import Outcome

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: So many records are acted upon at once.
MOST = 1000


def list_actions(tx: Reader, entity: str, place: str = "list") -> list[OfferedAction]:
    """Return the buttons of a list, or of the records chosen in it, for the actor.

    place: `list`, or `selection`, whose conditions are looked at record by record.
    """
    compiled = tx.runtime.compiled.entity(entity)
    found = []
    for action in compiled.actions.values():
        if action.definition.place != place or not known_to(tx, compiled, action):
            continue
        why, confirm = None, None
        if place == "list":
            env = tx.scene.env(action.reads)
            why = stands_against(tx, compiled, action, env)
            confirm = None if action.confirm is None else action.confirm.run(env)
        found.append(button_of(action, why, confirm))
    return found


def run_for_list(
    tx: Transaction, entity: str, action_id: str, ask: dict[str, Any]
) -> None:
    """Press a button of the list; TransitionRefused with the reason if not ready."""
    compiled, action = _action(tx, entity, action_id, "list")
    nothing = Record(entity, None, {})
    answers = checked_answers(tx.scene, action, nothing, ask)
    why = stands_against(
        tx, compiled, action, tx.scene.env(action.reads, names=answers)
    )
    if why is not None:
        raise refusal(why, entity=entity, action=action_id)
    with tx.scene.atomic(), tx.with_full_rights():
        perform(tx, compiled, nothing, action, answers)


def run_for_many(
    tx: Transaction,
    entity: str,
    ids: Sequence[int],
    action_id: str,
    ask: dict[str, Any],
) -> list[Outcome]:
    """Press a button for each of some records; each is told by itself.

    ValidationFailed where the answers will do for none of them.
    """
    _action(tx, entity, action_id, "selection")
    if len(ids) > MOST:
        text = f"At most {MOST} records are acted upon at once."
        raise ValidationFailed([Problem(None, "too_many", text)])
    outcomes = [_one(tx, entity, id_, action_id, ask) for id_ in dict.fromkeys(ids)]
    asked = tx.runtime.compiled.entity(entity).actions[action_id].ask
    told = [one.problems for one in outcomes]
    if told and all(found and _is_about(found, asked) for found in told):
        raise ValidationFailed(told[0])
    return outcomes


def _is_about(problems: Sequence[Problem], asked: Any) -> bool:
    return all(one.field in asked and not one.path for one in problems)


def _one(
    tx: Transaction, entity: str, id_: int, action_id: str, ask: dict[str, Any]
) -> Outcome:
    try:
        with tx.scene.atomic():
            run(tx, entity, id_, action_id, dict(ask), None)
    except ValidationFailed as failed:
        return Outcome(id_, failed.problems, "refused")
    except AppError as refused:
        because = getattr(refused, "because", None)
        facts = {} if because is None else {"because": because}
        problem = Problem(None, refused.code, refused.message, facts=facts)
        return Outcome(id_, (problem,), "refused")
    return Outcome(id_, (), "updated")


def _action(
    tx: Transaction, entity: str, action_id: str, place: str
) -> tuple[CompiledEntity, CompiledAction]:
    compiled = tx.runtime.compiled.entity(entity)
    action = compiled.actions.get(action_id)
    if action is None:
        # Who may see nothing of it is not told either what there is to press.
        tx.access.require(entity, "read")
    elif not known_to(tx, compiled, action):
        text = f"You may not do '{action.label}' on {compiled.plural}."
        raise NotAllowed(text, entity=entity, verb=action_id)
    if action is None or action.definition.place != place:
        text = f"{compiled.plural} have no action '{action_id}' for a {place}."
        raise refusal(text, entity=entity, action=action_id)
    return compiled, action
