"""What states forbid: writing the state by hand, deleting in some of them.

Asked by the checks of a save and by deletion.
"""

from __future__ import annotations

from core.compiler import CompiledEntity, CompiledField
from core.services.batch import Batch
from core.services.errors import Problem, RuleBroken
from core.services.sentences import sentence


def is_state(entity: CompiledEntity, name: str) -> bool:
    """Whether a workflow is the only writer of a field."""
    return any(one.state == name for one in entity.workflows)


def state_message(entity: CompiledEntity, field: CompiledField) -> str:
    """Why nobody writes the state, and by what it changes."""
    moves = (one for one in entity.actions.values() if one.move is not None)
    labels = [
        one.label
        for one in moves
        if one.move is not None
        and one.move.state == field.name
        and not one.definition.hidden
    ]
    if not labels:
        return f"{field.label} changes by itself only."
    return f"{field.label} changes only by its buttons: {', '.join(labels)}."


def refuse_kept(batch: Batch) -> None:
    """RuleBroken if a record is in a state in which it is kept."""
    for workflow in batch.entity.workflows:
        for change in batch.changes if workflow.kept else ():
            state = change.record.values.get(workflow.state)
            if state in workflow.kept:
                shown = workflow.states[state].label or state.replace("_", " ")
                text = "{what} cannot be deleted in the state '{state}'."
                said = sentence(text, what=batch.entity.label, state=shown)
                raise RuleBroken([Problem(None, "kept", str(said))])
