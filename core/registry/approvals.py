"""Approvals of workflows: whether they can be used, and the buttons that decide them.

Called by core.registry.workflows before it weaves: `approve` and `reject` become
transitions like others, so rights, pages and the API know them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from core.definitions import (
    ApprovalDef,
    EntityDef,
    EscalationDef,
    VerdictDef,
    WorkflowDef,
)
from core.definitions.workflow import OfKindDef
from core.diagnostics import Diagnostics, Span, did_you_mean
from core.source import Map

ANY = "any"
APPROVE, REJECT = "approve", "reject"
#: Links to people that every record has.
_STAMPS = ("created_by", "updated_by")


def with_verdicts(
    workflow: WorkflowDef, entity: EntityDef, diagnostics: Diagnostics
) -> WorkflowDef:
    """The workflow with the buttons of its approvals; those with mistakes are out."""
    check = _Check(workflow, entity, diagnostics)
    sound = {id_: a for id_, a in workflow.approvals.items() if check.is_sound(a)}
    spans = {id_: workflow.approvals.key_span(id_) for id_ in sound}
    workflow = replace(workflow, approvals=Map(sound, spans))
    made = {one.id: one for one in _verdicts(workflow)}
    for id_ in made.keys() & workflow.transitions.keys():
        text = f"'{id_}' is the button of the approvals"
        span = workflow.transitions.key_span(id_)
        diagnostics.error("E302", text, span, help="choose another id")
        return replace(workflow, approvals=Map())
    timers = {**workflow.timers, **{one.id: one for one in _timers(workflow)}}
    moments = {id_: timer.span for id_, timer in timers.items()}
    workflow = replace(workflow, timers=Map(timers, moments))
    ways = {**workflow.transitions, **made}
    return replace(
        workflow, transitions=Map(ways, {k: w.span for k, w in ways.items()})
    )


def _verdicts(workflow: WorkflowDef) -> Iterator[VerdictDef]:
    approvals = workflow.approvals
    refusing = tuple(id_ for id_, one in approvals.items() if one.reject is not None)
    if approvals:
        yield _verdict(workflow, APPROVE, tuple(approvals), approves=True)
    if refusing:
        yield _verdict(workflow, REJECT, refusing, approves=False)


def _timers(workflow: WorkflowDef) -> Iterator[EscalationDef]:
    for state, approval in workflow.approvals.items():
        given = approval.escalate
        if given is not None:
            yield EscalationDef(
                id=f"escalate_{state}",
                address=f"workflow {workflow.id}/timers/escalate_{state}",
                span=given.span,
                spans=MappingProxyType(dict.fromkeys(("in", "after"), given.span)),
                in_=(state,),
                after=given.after,
                calendar=given.calendar,
            )


def _verdict(
    workflow: WorkflowDef, id_: str, states: tuple[str, ...], *, approves: bool
) -> VerdictDef:
    span = workflow.approvals[states[0]].span
    keys = ("from", "to", "reason", "roles", "when")
    return VerdictDef(
        id=id_,
        address=f"workflow {workflow.id}/transitions/{id_}",
        span=span,
        spans=MappingProxyType(dict.fromkeys(keys, span)),
        label=id_.title(),
        icon="circle-check" if approves else "circle-x",
        from_=states,
        to=states[0],
        event="approved" if approves else "rejected",
        reason=not approves,
        approves=approves,
    )


class _Check:
    """Reports what is wrong with the approvals of one workflow."""

    def __init__(
        self, workflow: WorkflowDef, entity: EntityDef, diagnostics: Diagnostics
    ) -> None:
        self._workflow = workflow
        self._entity = entity
        self._diagnostics = diagnostics
        self._sound = True

    def is_sound(self, approval: ApprovalDef) -> bool:
        self._sound = True
        states = self._workflow.states
        if approval.id not in states:
            help_ = did_you_mean(approval.id, tuple(states))
            span = self._workflow.approvals.key_span(approval.id)
            self._error("E431", f"there is no state '{approval.id}'", span, help_)
            return False
        if not approval.levels:
            text = "an approval needs at least one level"
            self._error("E205", text, approval.at("levels"))
        for level in approval.levels:
            if not level.roles and level.users is None:
                text = "nobody is named who decides this level"
                self._error("E205", text, level.span, "give it 'roles' or 'users'")
            if level.need < 1:
                text = "a level needs one person at least"
                self._error("E205", text, level.at("need"))
        self._way(approval, approval.pass_, "pass")
        if approval.reject is not None:
            self._way(approval, approval.reject, "reject")
        for name in approval.reapprove:
            self._field(approval, name, "reapprove")
        for name in approval.not_by:
            if name not in _STAMPS:
                self._field(approval, name, "not_by")
        return self._sound

    def _way(self, approval: ApprovalDef, name: str, key: str) -> None:
        ways = self._workflow.transitions
        way = ways.get(name)
        if way is None:
            help_ = did_you_mean(name, tuple(ways))
            text = f"there is no transition '{name}'"
            self._error("E301", text, approval.at(key), help_)
            return
        states = way.from_
        if isinstance(states, OfKindDef):
            leads = self._workflow.states[approval.id].kind == states.kind
        else:
            leads = approval.id in states or ANY in states
        if not leads:
            text = f"'{name}' does not lead from the state '{approval.id}'"
            help_ = f"add '{approval.id}' to its 'from'"
            self._error("E205", text, approval.at(key), help_)
        if way.ask or (way.reason and key == "pass"):
            text = f"'{name}' asks something, but nobody presses it here"
            self._error("E205", text, approval.at(key), "let it ask nothing")

    def _field(self, approval: ApprovalDef, name: str, key: str) -> None:
        if name not in self._entity.fields:
            help_ = did_you_mean(name, tuple(self._entity.fields))
            text = f"{self._entity.id} has no field '{name}'"
            self._error("E402", text, approval.at(key), help_)

    def _error(
        self, code: str, text: str, span: Span, help_: str | None = None
    ) -> None:
        self._sound = False
        self._diagnostics.error(code, text, span, help=help_)
