"""Automations and flows that set each other off in a circle, also through others.

Called by core.registry.build once their effects are checked. A flow that rests on its
way may well come again; one that runs through at once is like an automation. What an
automation raises is read from its effects; a circle that a condition plainly ends, such
as `when: done_on is null` where `done_on` is set, is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from core.definitions import (
    AssignmentDef,
    AutomationDef,
    EffectDef,
    FlowDef,
    MappingDef,
    TransitionDef,
)
from core.diagnostics import Span
from core.expressions.tree import Call, IsNull, Literal, Logic, Node, Read, Variable
from core.frozen import frozen
from core.registry.checker import Checker
from core.registry.events import CREATED, DELETED, SAVED, UPDATED, subject_of
from core.source import Scalar, Values

#: What a field becomes where only the running program knows.
UNKNOWN = object()
#: What the effect `start` raises, in front of the flow's id.
_START = "start "


@frozen
class Raised:
    """An event with what is written; `stays`: a second time changes nothing."""

    event: str
    writes: Mapping[str, object] = field(default_factory=dict)
    stays: bool = False

    @property
    def entity(self) -> str:
        """Whose event it is."""
        return self.event.rpartition(".")[0]


@frozen
class Reactor:
    """An automation or a flow: what it hears, and `parts` of effects by address."""

    id: str
    address: str
    event: frozenset[str]
    changes: frozenset[str]
    root: str | None
    parts: tuple[tuple[tuple[EffectDef, ...], str], ...]
    span: Span


def _reactors(checker: Checker) -> Iterator[Reactor]:
    for id_, one in checker.documents.of("automation", AutomationDef).items():
        if one.enabled:
            at = f"automation {id_}"
            yield Reactor(
                id_,
                at,
                frozenset(event.text for event in one.event),
                frozenset(one.changes),
                subject_of(one),
                ((one.do, f"{at}/do"),),
                one.at("event"),
            )
    for id_, flow in checker.documents.of("flow", FlowDef).items():
        steps = [step for step in flow.steps.values() if step.enabled]
        rests = any(step.hold or step.wait for step in steps)
        if flow.enabled and not rests:
            at = f"flow {id_}"
            yield Reactor(
                id_,
                at,
                frozenset({f"{_START}{id_}", *(event.text for event in flow.event)}),
                frozenset(),
                flow.subject,
                tuple((step.do, f"{at}/steps/{step.id}/do") for step in steps),
                flow.at("event"),
            )


def check_circles(checker: Checker) -> None:
    """Warn of each circle, once, where its first member names its event."""
    alive = {one.address: one for one in _reactors(checker)}
    raised = {at: list(_raised(checker, one)) for at, one in alive.items()}
    going = {at: _going_on(checker, one, raised) for at, one in alive.items()}
    leads = {
        at: [
            other
            for other, one in alive.items()
            if _sets_off(checker, events, one) and (other != at or _lasts(events, one))
        ]
        for at, events in going.items()
    }
    told: set[frozenset[str]] = set()
    for at in alive:
        circle = _circle(leads, at)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            _report(checker, alive, [*circle, circle[0]])


def _report(
    checker: Checker, alive: Mapping[str, Reactor], circle: Sequence[str]
) -> None:
    names = [alive[at].id for at in circle]
    if len(circle) == 2:
        text = f"{names[0]} sets itself off again and again"
    else:
        text = f"these set each other off in a circle: {' → '.join(names)}"
    help_ = "end it with 'when', or with 'changes' that the others do not write"
    checker.diagnostics.warn("W428", text, alive[circle[0]].span, help=help_)


def _circle(leads: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """The shortest way from an automation back to it."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        for other in leads[way[-1]]:
            if other == start:
                return way
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _going_on(
    checker: Checker,
    one: Reactor,
    raised: Mapping[str, Sequence[Raised]],
) -> list[Raised]:
    """The events that one raises again and again.

    Values that nobody else changes are written once, and so is what ends its own
    condition.
    """
    others = {
        (found.entity, name)
        for other, events in raised.items()
        if other != one.address
        for found in events
        for name in found.writes
    }

    def alone(found: Raised) -> bool:
        return not any((found.entity, name) in others for name in found.writes)

    mine = raised[one.address]
    own = [r for r in mine if r.event == f"{one.root}.{UPDATED}"]
    typed = checker.expressions.get(f"{one.address}/when")
    if typed is not None and any(
        alone(r) and _is_ended(typed.tree, r.writes) for r in own
    ):
        return []
    return [r for r in mine if not (r.stays and r.writes and alone(r))]


def _lasts(raised: Sequence[Raised], one: Reactor) -> bool:
    """Whether one that sets itself off goes on, and does not come to rest."""
    own = one.event
    heard = [r for r in raised if r.event in own or _as_saved(r.event) in own]
    return any(not r.stays for r in heard)


def _as_saved(event: str) -> str:
    entity, _, word = event.rpartition(".")
    return f"{entity}.{SAVED}" if word in (CREATED, UPDATED) else event


def _sets_off(checker: Checker, raised: Sequence[Raised], one: Reactor) -> bool:
    own = one.event
    typed = checker.expressions.get(f"{one.address}/when")
    for found in raised:
        if found.event not in own and _as_saved(found.event) not in own:
            continue
        word = found.event.rpartition(".")[2]
        if word == UPDATED and one.changes and not one.changes & set(found.writes):
            continue
        if typed is None or not _is_ended(typed.tree, found.writes):
            return True
    return False


def _is_ended(condition: Node, writes: Mapping[str, object]) -> bool:
    """Whether what was written makes a condition false for sure."""
    if isinstance(condition, Logic) and condition.operator == "and":
        return any(_is_ended(part, writes) for part in condition.args)
    if isinstance(condition, IsNull):
        name = _own_field(condition.of)
        return writes.get(name) is not None
    if isinstance(condition, Logic) and condition.operator == "not":
        (inner,) = condition.args
        if isinstance(inner, IsNull):
            name = _own_field(inner.of)
            return name in writes and writes[name] is None
        return _is_same(inner, writes) is True
    return _is_same(condition, writes) is False


def _is_same(condition: Node, writes: Mapping[str, object]) -> bool | None:
    """Whether `field == value` holds after the writes; None if that is not known."""
    if not isinstance(condition, Call) or len(condition.args) != 2:
        return None
    name, value = _own_field(condition.args[0]), condition.args[1]
    written = writes.get(name, UNKNOWN)
    if not isinstance(value, Literal) or written is UNKNOWN:
        return None
    if condition.function.name == "==":
        return written == str(value.value)
    return written != str(value.value) if condition.function.name == "!=" else None


def _own_field(node: Node) -> str:
    """The field of the record that a node reads; empty if it reads anything else."""
    if isinstance(node, Read) and isinstance(node.of, Variable):
        return node.name if node.of.name == "this" else ""
    return ""


def _raised(checker: Checker, one: Reactor) -> Iterator[Raised]:
    for effects, at in one.parts:
        yield from _of(checker, effects, at, one.root, 0)


def _of(
    checker: Checker,
    effects: Sequence[EffectDef],
    at: str,
    root: str | None,
    depth: int,
) -> Iterator[Raised]:
    """The events of effects, those of the transitions that they take included."""
    for index, effect in enumerate(effects):
        here = f"{at}/{index}"
        yield from _of_one(checker, effect, here, root, depth)
        for number, way in enumerate(effect.choose):
            place = f"{here}/choose/{number}"
            yield from _of(checker, way.do, f"{place}/do", root, depth)
            yield from _of(checker, way.else_, f"{place}/else", root, depth)
        if effect.for_each is not None:
            inner = effect.for_each.do
            yield from _of(checker, inner, f"{here}/for_each/do", root, depth)


def _of_one(
    checker: Checker, effect: EffectDef, at: str, root: str | None, depth: int
) -> Iterator[Raised]:
    if effect.set is not None:
        yield _written(root, effect.set)
    if effect.update is not None:
        yield _written(_entity(checker, f"{at}/update/in"), effect.update.set)
    if effect.create is not None:
        yield Raised(f"{effect.create.entity}.{CREATED}", _values(effect.create.values))
    if effect.copy is not None:
        target = _entity(checker, f"{at}/copy/record") or root
        yield Raised(f"{target}.{CREATED}")
    if effect.emit is not None:
        yield Raised(f"{root}.{effect.emit.event}")
    if effect.start is not None:
        yield Raised(f"{_START}{effect.start.flow}")
    if effect.assign is not None:
        yield from _given(checker, effect.assign)
    if effect.escalate is not None and effect.escalate.field is not None:
        field = effect.escalate.field
        yield Raised(f"{root}.{UPDATED}", {field: UNKNOWN}, stays=True)
    if effect.number is not None:
        yield Raised(f"{root}.{UPDATED}", {effect.number.into: UNKNOWN}, stays=True)
    for key, word in (("archive", "archived"), ("delete", DELETED)):
        if effect.gave(key):
            yield Raised(f"{_entity(checker, f'{at}/{key}')}.{word}", stays=True)
    if effect.map is not None:
        mapping = checker.documents.of("mapping", MappingDef).get(effect.map.mapping)
        if mapping is not None:
            yield Raised(f"{mapping.to}.{CREATED}")
    if effect.transition is not None and depth < 8:
        target = _entity(checker, f"{at}/transition/record") or root
        yield from _moved(checker, target, effect.transition.name, depth)


def _given(checker: Checker, id_: str) -> Iterator[Raised]:
    """What an assignment writes; a second time it finds somebody there."""
    one = checker.documents.of("assignment", AssignmentDef).get(id_)
    if one is not None:
        yield Raised(f"{one.entity}.{UPDATED}", {one.field: UNKNOWN}, stays=True)


def _moved(
    checker: Checker, entity: str | None, name: str, depth: int
) -> Iterator[Raised]:
    found = checker.documents.entities.get(entity or "")
    action = None if found is None else found.actions.get(name)
    if not isinstance(action, TransitionDef):
        return
    yield Raised(f"{entity}.{action.event or action.to}", stays=True)
    state = checker.sources.get(action.address, "")
    yield Raised(f"{entity}.{UPDATED}", {_state_of(checker, state): action.to}, True)
    yield from _of(checker, action.do, f"{action.address}/do", entity, depth + 1)


def _state_of(checker: Checker, source: str) -> str:
    from core.definitions import WorkflowDef

    id_ = source.removeprefix("workflow ").partition("/")[0]
    workflow = checker.documents.of("workflow", WorkflowDef).get(id_)
    return "" if workflow is None else workflow.state


def _written(entity: str | None, given: Values) -> Raised:
    writes = _values(given)
    stays = all(value is not UNKNOWN for value in writes.values())
    return Raised(f"{entity}.{UPDATED}", writes, stays)


def _values(given: Values) -> dict[str, object]:
    """Literals as texts, null as None; an expression is not known."""
    found: dict[str, object] = {}
    for name, slot in given.items():
        value: object = UNKNOWN
        if isinstance(slot.literal, Scalar):
            value = None if slot.literal.value is None else slot.literal.text
        elif slot.expr is not None and slot.expr.text.strip() == "null":
            value = None
        found[name] = value
    return found


def _entity(checker: Checker, at: str) -> str | None:
    typed = checker.expressions.get(at)
    if typed is None:
        return None
    kind = typed.type.item or typed.type
    return kind.entities[0] if len(kind.entities) == 1 else None
