"""Compiled workflows: what a transition does, and what holds in each state.

Called by the builders of actions and entities; definitions and their checked
expressions come from the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from core.compiler.computing import Computing
from core.compiler.effects import (
    CompiledApproval,
    CompiledGuard,
    CompiledLevel,
    CompiledMove,
    CompiledTimer,
    Effect,
)
from core.compiler.parts import Computed, FilledText
from core.definitions import (
    ApprovalDef,
    EffectDef,
    StateDef,
    TimerDef,
    TransitionDef,
    VerdictDef,
    WorkflowDef,
)
from core.frozen import frozen
from core.registry import Registry, full_roles

#: How long a transition may be taken back where nothing else is said.
UNDO_WINDOW = timedelta(minutes=10)
TimerBuilder = Callable[[str, WorkflowDef, TimerDef], CompiledTimer | None]
MakeEffects = Callable[[tuple[EffectDef, ...], str], tuple[Effect, ...]]


@frozen(kw_only=True)
class CompiledWorkflow:
    """The states of one field in their order; records in `kept` are not deleted."""

    id: str
    label: str
    state: str
    states: Mapping[str, StateDef]
    kept: frozenset[str]


def workflows_of(registry: Registry, entity: str) -> tuple[CompiledWorkflow, ...]:
    """The workflows of an entity, as they were read."""
    return tuple(
        CompiledWorkflow(
            id=id_,
            label=workflow.label or "",
            state=workflow.state,
            states=workflow.states,
            kept=frozenset(k for k, one in workflow.states.items() if not one.delete),
        )
        for id_, workflow in registry.workflows.items()
        if workflow.entity == entity
    )


def timers_of(
    registry: Registry, builder: TimerBuilder, entity: str
) -> tuple[CompiledTimer, ...]:
    """The timers of all workflows of an entity."""
    return tuple(
        made
        for id_, workflow in registry.workflows.items()
        if workflow.entity == entity
        for name, timer in workflow.timers.items()
        if (made := builder(f"workflow {id_}/timers/{name}", workflow, timer))
    )


def compile_move(
    registry: Registry,
    computing: Computing,
    transition: TransitionDef,
    effects: MakeEffects,
) -> CompiledMove:
    """What a transition of an entity does; `effects` makes lists of effects."""
    at = transition.address
    workflow = _workflow(registry, at)
    states = f"workflow {workflow.id}/states"
    leave = {
        id_: effects(state.leave, f"{states}/{id_}/leave")
        for id_, state in workflow.states.items()
        if state.leave
    }
    entered = workflow.states[transition.to].enter
    sources = registry.sources
    return CompiledMove(
        workflow=workflow.id,
        state=workflow.state,
        to=transition.to,
        event=transition.event or transition.to,
        guards=tuple(_guards(computing, transition, at)),
        not_by=computing.at(f"{at}/not_by"),
        # Questions that stand for fields of the record are known by their source.
        asked=tuple(name for name in transition.ask if f"{at}/ask/{name}" in sources),
        reason=transition.reason,
        numberings=transition.numbering,
        auto=transition.auto,
        undoes=transition.undo_of,
        window=(transition.within or UNDO_WINDOW) if transition.undo_of else None,
        leave=MappingProxyType(leave),
        enter=effects(entered, f"{states}/{transition.to}/enter"),
        **_deciding(computing, workflow, transition),
    )


def _deciding(
    computing: Computing, workflow: WorkflowDef, transition: TransitionDef
) -> dict[str, Any]:
    if not isinstance(transition, VerdictDef):
        return {}
    found = {
        id_: _approval(computing, workflow, approval)
        for id_, approval in workflow.approvals.items()
    }
    return {"approves": transition.approves, "approvals": MappingProxyType(found)}


def _approval(
    computing: Computing, workflow: WorkflowDef, approval: ApprovalDef
) -> CompiledApproval:
    at = f"workflow {workflow.id}/approvals/{approval.id}"
    people = (computing.at(f"{at}/not_by/{name}") for name in approval.not_by)
    return CompiledApproval(
        state=approval.id,
        levels=tuple(
            CompiledLevel(
                need=level.need,
                roles=full_roles(workflow.entity, level.roles),
                when=computing.at(f"{at}/levels/{index}/when"),
                users=computing.at(f"{at}/levels/{index}/users"),
            )
            for index, level in enumerate(approval.levels)
        ),
        passing=approval.pass_,
        rejecting=approval.reject,
        not_by=tuple(one for one in people if one is not None),
        reapprove=approval.reapprove,
        delegable=approval.delegable,
        escalate_to=computing.at(f"{at}/escalate/to"),
    )


def _workflow(registry: Registry, address: str) -> WorkflowDef:
    source = registry.sources[address]
    return registry.workflows[source.removeprefix("workflow ").partition("/")[0]]


def _guards(
    computing: Computing, transition: TransitionDef, at: str
) -> Iterator[CompiledGuard]:
    for index in range(len(transition.guard)):
        check = computing.at(f"{at}/guard/{index}/check")
        if check is not None:
            yield CompiledGuard(check, computing.text(f"{at}/guard/{index}/say"))


def parts_of_move(
    move: CompiledMove | None,
) -> Iterator[Computed | FilledText | None]:
    """Everything beside effects that reads something of the record."""
    if move is None:
        return
    for guard in move.guards:
        yield guard.check
        yield guard.say
    yield move.not_by
    for approval in move.approvals.values():
        yield from approval.not_by
        yield approval.escalate_to
        for level in approval.levels:
            yield level.when
            yield level.users
