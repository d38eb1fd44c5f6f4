"""What workflows can never do, or do for ever: dead ends, ways nobody takes, circles.

Called by core.registry.build once rights are known. Each finding has a way or a record
that shows it, found by the same conditions that decide when it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from core.definitions import TransitionDef, VerdictDef, WorkflowDef
from core.diagnostics import Span
from core.registry.approvals import ANY
from core.registry.cases import find
from core.registry.check_counting import check_counting
from core.registry.check_roles import full_roles
from core.registry.check_timers import check_timers
from core.registry.checker import Checker
from core.registry.events import doings, flat
from core.registry.rights import Rights
from core.registry.state_ways import Ways
from core.registry.workflows import states_from

CLOSED = "closed"


def check_behaviour(checker: Checker, rights: Rights) -> None:
    """Warn of what is wrong with workflows and clocks though each part is right."""
    taken = {
        (None if effect.transition.record is not None else doing.root, name)
        for doing in doings(checker.documents)
        for effect in flat(doing.effects)
        if effect.transition is not None
        for name in (effect.transition.name,)
    }
    for workflow in checker.documents.of("workflow", WorkflowDef).values():
        entity = checker.documents.entities.get(workflow.entity)
        if entity is not None and _is_whole(checker, workflow):
            _check_workflow(checker, Ways(checker, workflow, entity))
            _check_people(checker, workflow, rights, taken)
    check_counting(checker)


def _is_whole(checker: Checker, workflow: WorkflowDef) -> bool:
    """Whether nothing is missing, so that no warning follows from a mistake."""
    named = {one.to for one in workflow.transitions.values()}
    for one in workflow.transitions.values():
        named |= set(one.from_) if isinstance(one.from_, tuple) else set()
    broken = any(
        address.startswith(f"workflow {workflow.id}")
        for address in checker.diagnostics.broken
    )
    known = named <= {*workflow.states, ANY}
    return known and not broken and workflow.entity not in checker.documents.shaky


def _check_workflow(checker: Checker, ways: Ways) -> None:
    never = [one for one in ways.moves() if not ways.states(one)]
    for one in never:
        _never(ways, one)
    _unreachable(ways, {one.to for one in never})
    if any(one.kind == CLOSED for one in ways.workflow.states.values()):
        _traps(ways, {one.id for one in never})
    _overlaps(ways)
    _circles(ways)
    check_timers(checker, ways.workflow, ways.entity, ways.ways)


def _never(ways: Ways, move: TransitionDef) -> None:
    states = states_from(ways.workflow, move)
    if not states:
        return
    offered = [find(ways.entity, ways.conditions(move, state)[:1]) for state in states]
    shown = next((one.shown() for one in offered if not one.never), None)
    if move.guard and shown is not None:
        span = move.guard[-1].at("check")
        notes: tuple[str, ...] = (f"it is offered for {shown}",)
        text = f"no record can pass the guards of '{move.id}'"
    else:
        span, notes = move.at("when"), (f"from {', '.join(states)}",)
        text = f"'{move.id}' is never offered: its condition holds for no record"
    help_ = "the parts of the condition contradict each other"
    ways.warn("W443", text, span, help_, notes)


def _unreachable(ways: Ways, lost: set[str]) -> None:
    reached, workflow = ways.ways, ways.workflow
    rest = [one for one in workflow.states if one not in reached]
    for state in rest:
        before = {
            s for one in ways.moves() if one.to == state for s in ways.possible[one.id]
        }
        if state in lost or (before & set(rest) and state != rest[0]):
            continue
        first = next(iter(reached))
        notes = (f"from '{first}' records get to: {', '.join(reached)}",)
        span = workflow.states.key_span(state)
        text = f"no transition leads to the state '{state}'"
        help_ = "add a transition to it, or leave the state out"
        ways.warn("W440", text, span, help_, notes)


def _traps(ways: Ways, never: set[str]) -> None:
    states = ways.workflow.states
    # A way that is never possible is told of already.
    leads = {
        id_: {
            one.to
            for one in ways.moves()
            if id_ in ways.possible[one.id]
            or (one.id in never and id_ in states_from(ways.workflow, one))
        }
        for id_ in states
    }
    closed = {id_ for id_, one in states.items() if one.kind == CLOSED}
    ends = _leading_to(leads, closed)
    caught = [one for one in ways.ways if one not in ends]
    dead = [one for one in caught if not leads[one]]
    ring = [one for one in caught if one not in _leading_to(leads, {*dead})]
    for state in (*dead, *ring[:1]):
        text = f"nothing leads out of the open state '{state}'"
        if state not in dead:
            text = f"records in '{state}' never get to a closed state"
        notes = (f"the way there: {' → '.join(ways.ways[state])}",)
        help_ = "add a transition, or 'kind: closed' if work ends there"
        span = states.key_span(state)
        ways.warn("W441", text, span, help_, notes)


def _overlaps(ways: Ways) -> None:
    """Two ways that are taken unasked from one state, for one record."""
    automatic = [one for one in ways.moves() if one.auto]
    for first, second in combinations(automatic, 2):
        if first.to == second.to:
            continue
        for state in ways.possible[first.id]:
            if state not in ways.possible[second.id]:
                continue
            both = find(
                ways.entity,
                [
                    *ways.conditions(first, state),
                    *ways.conditions(second, state),
                ],
            )
            if both.sure and not both.never:
                text = f"'{first.id}' and '{second.id}' are both due at once"
                notes = (f"a record in '{state}' with {both.shown()}",)
                help_ = "the first of them is taken: let their 'when' differ"
                ways.warn("W444", text, second.at("when"), help_, notes)
                break


def _circles(ways: Ways) -> None:
    """Ways taken unasked that lead a record round without end."""
    automatic = [one for one in ways.moves() if one.auto and not _writes(one)]
    told: set[frozenset[str]] = set()
    for start in automatic:
        for state in ways.possible[start.id]:
            way = _round(ways, automatic, state)
            ids = frozenset(move.id for _, move in way)
            if not way or ids in told:
                continue
            given = [c for s, move in way for c in ways.conditions(move, s)]
            found = find(ways.entity, given)
            if found.sure and not found.never:
                told.add(ids)
                path = [f"{s} → ({move.id})" for s, move in way]
                notes = (
                    f"a record with {found.shown()}: {' → '.join([*path, state])}",
                )
                text = "these transitions go round without end"
                help_ = "after eight of them the save is refused"
                span = way[0][1].at("auto")
                ways.warn("W445", text, span, help_, notes)


def _round(
    ways: Ways, automatic: Sequence[TransitionDef], start: str
) -> list[tuple[str, TransitionDef]]:
    """The shortest way from a state back to it."""
    found: list[list[tuple[str, TransitionDef]]] = [
        [(start, one)] for one in automatic if start in ways.possible[one.id]
    ]
    seen: set[str] = set()
    for way in found:
        at = way[-1][1].to
        if at == start:
            return way
        if at not in seen:
            seen.add(at)
            more = (m for m in automatic if at in ways.possible[m.id])
            found.extend([*way, (at, m)] for m in more)
    return []


def _leading_to(leads: Mapping[str, set[str]], ends: set[str]) -> set[str]:
    """The states from which one of some others can be reached, these included."""
    found = set(ends)
    while more := {one for one, to in leads.items() if one not in found and to & found}:
        found |= more
    return found


def _writes(move: TransitionDef) -> bool:
    """Whether a transition may change what conditions read."""
    return bool(move.do)


def _check_people(
    checker: Checker,
    workflow: WorkflowDef,
    rights: Rights,
    taken: set[tuple[str | None, str]],
) -> None:
    """Warn of transitions that no role may take and nothing else does."""
    grants = rights.grants.get(workflow.entity, ())
    passed = {
        name for one in workflow.approvals.values() for name in (one.pass_, one.reject)
    }
    for id_, move in workflow.transitions.items():
        by_itself = move.auto or id_ in passed
        if by_itself or {(workflow.entity, id_), (None, id_)} & taken:
            continue
        wanted = set(full_roles(workflow.id, move.roles))
        holders = [one.role for one in grants if id_ in one.verbs]
        able = [
            role
            for role in rights.roles.values()
            if role.includes & {*holders} and (not wanted or role.includes & wanted)
        ]
        if able and not move.hidden:
            continue
        if not grants and not move.hidden:
            # Nobody was given anything yet: the author has not come to rights.
            continue
        _nobody(checker, workflow, move, sorted({*holders}), sorted(wanted))


def _nobody(
    checker: Checker,
    workflow: WorkflowDef,
    move: TransitionDef,
    holders: Sequence[str],
    wanted: Sequence[str],
) -> None:
    notes: tuple[str, ...] = ()
    if move.hidden:
        text = f"'{move.id}' is hidden, and no effect takes it"
        help_ = "take it by the effect 'transition', or show its button"
    else:
        text = f"no role may take '{move.id}'"
        help_ = f"grant the verb '{move.id}' on {workflow.entity} to a role"
        if holders:
            told = f"{', '.join(holders)}, and only for {', '.join(wanted)}"
            notes = (f"it is granted to {told}",)
    span = _span(workflow, move)
    checker.diagnostics.warn("W442", text, span, None, help_, notes=notes)


def _span(workflow: WorkflowDef, move: TransitionDef) -> Span:
    if isinstance(move, VerdictDef):
        return workflow.at("approvals")
    return workflow.transitions.key_span(move.id)
