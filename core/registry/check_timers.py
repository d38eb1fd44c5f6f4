"""Timers of workflows that never ring, or count the night although a calendar is there.

Called by core.registry.check_behaviour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from core.definitions import EntityDef, EscalationDef, TimerDef, WorkflowDef
from core.expressions.types import Kind
from core.registry.approvals import ANY
from core.registry.cases import Condition, find
from core.registry.checker import Checker

_DAY = timedelta(days=1)
#: What a calendar has; see core.expressions.check_calendars.
_CALENDAR = ("zone", "hours", "exceptions")


def check_timers(
    checker: Checker,
    workflow: WorkflowDef,
    entity: EntityDef,
    reached: Collection[str],
) -> None:
    """Check the timers that were written; `reached` are states that records get to."""
    for timer in workflow.timers.values():
        if isinstance(timer, EscalationDef):
            continue
        states = workflow.states if ANY in timer.in_ else timer.in_
        known = [one for one in states if one in workflow.states]
        alive = [one for one in known if one in reached]
        if known and not alive:
            text = f"no record gets to a state in which '{timer.id}' counts"
            _never(checker, timer, text, "in", ())
        else:
            _condition(checker, workflow, entity, timer, alive)
        _calendar(checker, workflow, timer)


def _condition(
    checker: Checker,
    workflow: WorkflowDef,
    entity: EntityDef,
    timer: TimerDef,
    states: Collection[str],
) -> None:
    typed = checker.expressions.get(f"workflow {workflow.id}/timers/{timer.id}/when")
    if typed is None or not states:
        return
    found = (
        find(entity, [Condition(typed, {workflow.state: state})]) for state in states
    )
    if all(one.never for one in found):
        text = f"'{timer.id}' never does anything: its condition holds for no record"
        _never(checker, timer, text, "when", (f"in {', '.join(states)}",))


def _never(
    checker: Checker, timer: TimerDef, text: str, key: str, notes: tuple[str, ...]
) -> None:
    help_ = "change it, or leave the timer out"
    checker.diagnostics.warn("W447", text, timer.at(key), None, help_, notes=notes)


def _calendar(checker: Checker, workflow: WorkflowDef, timer: TimerDef) -> None:
    """Hours are usually meant as hours of work."""
    length = timer.after
    whole = not isinstance(length, timedelta) or length % _DAY == timedelta(0)
    if whole or timer.calendar is not None:
        return
    near = next(_calendars(checker, workflow), None)
    if near is not None:
        checker.diagnostics.warn(
            "W446",
            f"'{timer.id}' counts nights and weekends",
            timer.at("after"),
            None,
            f"write 'calendar: {near}', or '=hours(...)' if that is meant",
            notes=(f"'{near}' is in reach of the record",),
        )


def _calendars(checker: Checker, workflow: WorkflowDef) -> Iterator[str]:
    """Calendars that the workflow uses elsewhere, or to which the record leads."""
    for timer in workflow.timers.values():
        if timer.calendar is not None:
            yield timer.calendar.text
    yield from _reached(checker, workflow.entity)


def calendar_near(checker: Checker, entity: str) -> str | None:
    """The path to a calendar that a record leads to, if there is one."""
    return next(_reached(checker, entity), None)


def _reached(checker: Checker, entity: str) -> Iterator[str]:
    for name, target in _links(checker, entity):
        if _is_calendar(checker, target):
            yield name
    for name, target in _links(checker, entity):
        if name == "company":
            for inner, other in _links(checker, target):
                if _is_calendar(checker, other):
                    yield f"{name}.{inner}"


def _links(checker: Checker, entity: str) -> Iterator[tuple[str, str]]:
    found = checker.schema.entities.get(entity)
    definition = checker.documents.entities.get(entity)
    for name in () if found is None or definition is None else definition.fields:
        member = found.member(name) if found is not None else None
        if member is not None and member.type.kind is Kind.LINK:
            yield name, member.type.entity


def _is_calendar(checker: Checker, entity: str) -> bool:
    found = checker.schema.entities.get(entity)
    return found is not None and all(found.member(name) for name in _CALENDAR)
