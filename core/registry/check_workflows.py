"""Checks what workflows add to buttons: guards, four eyes, numbers, effects of states.

Called by core.registry.build for workflows and by check_entities for the buttons that
core.registry.workflows made of their transitions.
"""

from __future__ import annotations

from datetime import timedelta

from core.definitions import (
    ApprovalDef,
    EntityDef,
    TimerDef,
    TransitionDef,
    WorkflowDef,
)
from core.diagnostics import Span, did_you_mean
from core.expressions.slots import AFTERWARDS, CHECK, MESSAGE, VALUE
from core.expressions.types import Kind
from core.registry.check_effects import EffectChecker
from core.registry.check_roles import check_roles
from core.registry.checker import Checker
from core.registry.workflows import states_from
from core.source import ExprText


def check_workflow(checker: Checker, workflow: WorkflowDef) -> None:
    """Check the effects of entering and leaving states."""
    module = workflow.id.partition(".")[0]
    effects = EffectChecker(checker, module, workflow.entity)
    for id_, state in workflow.states.items():
        at = f"workflow {workflow.id}/states/{id_}"
        effects.check(state.enter, f"{at}/enter", {})
        effects.check(state.leave, f"{at}/leave", {})
    for transition in workflow.transitions.values():
        _undoing(checker, workflow, transition)
    for id_, approval in workflow.approvals.items():
        _approval(
            checker, workflow, approval, f"workflow {workflow.id}/approvals/{id_}"
        )
    for id_, timer in workflow.timers.items():
        check_timer(checker, workflow, timer, f"workflow {workflow.id}/timers/{id_}")


def _undoing(
    checker: Checker, workflow: WorkflowDef, transition: TransitionDef
) -> None:
    """A transition that takes another one back leads from where that has led."""
    name, error = transition.undo_of, checker.diagnostics.error
    if name is None:
        if transition.within is not None:
            text = "'within' counts from the transition that 'undo_of' names"
            error("E204", text, transition.at("within"))
        return
    undone = workflow.transitions.get(name)
    if undone is None:
        help_ = did_you_mean(name, tuple(workflow.transitions))
        text = f"there is no transition '{name}'"
        error("E301", text, transition.at("undo_of"), help=help_)
    elif undone.to not in states_from(workflow, transition):
        text = f"'{name}' leads to '{undone.to}', from which '{transition.id}' is not"
        help_ = f"write 'from: {undone.to}'"
        error("E205", text, transition.at("undo_of"), help=help_)


def _approval(
    checker: Checker, workflow: WorkflowDef, approval: ApprovalDef, address: str
) -> None:
    entity = workflow.entity
    for index, level in enumerate(approval.levels):
        at = f"{address}/levels/{index}"
        checker.condition(level.when, f"{at}/when", entity, CHECK)
        check_roles(checker, entity, level.roles, level.at("roles"))
        _people(checker, entity, level.users, f"{at}/users")
    for name in approval.not_by:
        span = approval.at("not_by")
        _people(checker, entity, ExprText(name, span), f"{address}/not_by/{name}")
    if approval.escalate is not None:
        _people(checker, entity, approval.escalate.to, f"{address}/escalate/to")


def check_timer(
    checker: Checker, workflow: WorkflowDef, timer: TimerDef, address: str
) -> None:
    """Check when a timer is due and what it does; `due` holds its moment."""
    due = _due(checker, timer)
    if due is not None:
        typed = checker.expression(due, f"{address}/due", workflow.entity, VALUE)
        if typed is not None and typed.type.kind not in (Kind.DATE, Kind.DATETIME):
            text = f"a day or a moment is needed here, this is {typed.type}"
            checker.diagnostics.error("E419", text, due.span)
    if timer.repeat is not None and timer.repeat.most < 1:
        text = "'most' is 1 or more"
        checker.diagnostics.error("E205", text, timer.repeat.at("most"))
    checker.condition(timer.when, f"{address}/when", workflow.entity, AFTERWARDS)
    module = checker.author_of(address) or workflow.id.partition(".")[0]
    effects = EffectChecker(checker, module, workflow.entity, AFTERWARDS)
    effects.check(timer.do, f"{address}/do", {})


def _due(checker: Checker, timer: TimerDef) -> ExprText | None:
    """The moment as one expression, counted from now where it is a length of time."""
    if timer.at_ is not None:
        if timer.calendar is not None:
            text = "'calendar' counts working time for 'after', not for 'at'"
            checker.diagnostics.error("E208", text, timer.at("calendar"))
        return timer.at_
    if timer.after is None:
        text = "a timer is due 'after' a time or 'at' a moment"
        checker.diagnostics.error("E204", text, timer.span)
        return None
    return moment_after(timer.after, timer.calendar, timer.at("after"))


def moment_after(
    after: timedelta | ExprText, calendar: ExprText | None, span: Span
) -> ExprText:
    """The moment so long after now, in working time where a calendar is named."""
    if isinstance(after, ExprText):
        length = f"({after.text})"
    else:
        length = f"seconds({int(after.total_seconds())})"
    if calendar is None:
        return ExprText(f"now() + {length}", span)
    return ExprText(f"add_work(now(), {length}, {calendar.text})", span)


def check_transition(
    checker: Checker,
    entity: EntityDef,
    transition: TransitionDef,
    address: str,
) -> None:
    """Check what a transition has beyond other buttons."""
    for index, guard in enumerate(transition.guard):
        at = f"{address}/guard/{index}"
        checker.condition(guard.check, f"{at}/check", entity.id, CHECK)
        checker.text(guard.say, f"{at}/say", entity.id, MESSAGE)
    _people(checker, entity.id, transition.not_by, f"{address}/not_by")
    for id_ in transition.numbering:
        _numbering(checker, entity, transition, id_)


def _people(checker: Checker, entity: str, text: ExprText | None, address: str) -> None:
    """Check that an expression yields people, one or many."""
    if text is None:
        return
    typed = checker.rows(text, address, entity, VALUE, {})
    if typed is None:
        return
    found = typed.type
    if found.kind is Kind.LIST and found.item is not None:
        found = found.item
    me = checker.schema.acting.get("user", "base.user")
    if found.kind is not Kind.LINK or found.entities != (me,):
        message = f"people are needed here, this is {typed.type}"
        checker.diagnostics.error("E419", message, text.span)


def _numbering(
    checker: Checker, entity: EntityDef, transition: TransitionDef, id_: str
) -> None:
    used = {field.numbering for field in entity.fields.values() if field.numbering}
    if id_ not in used:
        text = f"no number of {entity.id} is drawn from '{id_}'"
        help_ = did_you_mean(id_, tuple(used))
        span = transition.at("numbering")
        checker.diagnostics.error("E301", text, span, help=help_)


__all__ = ["check_transition", "check_workflow"]
