"""Which events there are: what can happen to records of each entity.

Asked by the checks of automations and by core.registry.build, which makes an index of
who reacts to what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from core.definitions import (
    AutomationDef,
    ChooseDef,
    ClockDef,
    EffectDef,
    EndpointDef,
    EntityDef,
    FlowDef,
    MailboxDef,
    MappingDef,
    ScheduleDef,
    TransitionDef,
    WebformDef,
    WorkflowDef,
)
from core.frozen import frozen
from core.registry.documents import Documents

CREATED, UPDATED, SAVED, DELETED = "created", "updated", "saved", "deleted"
#: A save is one of these.
OF_SAVED = (CREATED, UPDATED)
_FILED = ("archived", "restored")
#: Events that no effect raises by name.
BY_THEMSELVES = (CREATED, UPDATED, SAVED, DELETED, *_FILED, "merged")


@frozen
class Doing:
    """A list of effects over records of `root`; `who` is the address of its owner."""

    who: str
    root: str | None
    effects: tuple[EffectDef, ...]


def events_of(documents: Documents) -> dict[str, str]:
    """Each event with its entity; lines are saved with their document, without any."""
    found: dict[str, str] = {}
    for entity in documents.entities.values():
        if is_line(entity):
            continue
        words = [CREATED, UPDATED, SAVED, DELETED]
        words += _FILED if entity.archive else ()
        for action in entity.actions.values():
            if isinstance(action, TransitionDef):
                words.append(action.event or action.to)
        found |= {f"{entity.id}.{word}": entity.id for word in words}
    for doing in doings(documents):
        for effect in flat(doing.effects):
            if effect.emit is not None and doing.root is not None:
                found[f"{doing.root}.{effect.emit.event}"] = doing.root
    return found


def is_line(entity: EntityDef) -> bool:
    """Whether records are saved with what owns them."""
    return bool(entity.part_of) and not entity.own_rights


def doings(documents: Documents) -> Iterator[Doing]:
    """Every list of effects that is written anywhere."""
    for entity in documents.entities.values():
        for id_, action in entity.actions.items():
            root = None if action.place == "list" else entity.id
            yield Doing(f"entity {entity.id}/actions/{id_}", root, action.do)
    for workflow in documents.of("workflow", WorkflowDef).values():
        for id_, state in workflow.states.items():
            at = f"workflow {workflow.id}/states/{id_}"
            yield Doing(at, workflow.entity, state.enter)
            yield Doing(at, workflow.entity, state.leave)
        for id_, timer in workflow.timers.items():
            at = f"workflow {workflow.id}/timers/{id_}"
            yield Doing(at, workflow.entity, timer.do)
    for id_, schedule in documents.of("schedule", ScheduleDef).items():
        inner = () if schedule.for_each is None else schedule.for_each.do
        yield Doing(f"schedule {id_}", None, (*schedule.do, *inner))
    for id_, mapping in documents.of("mapping", MappingDef).items():
        if mapping.foreign is None:
            yield Doing(f"mapping {id_}", mapping.source, mapping.then)
    for id_, flow in documents.of("flow", FlowDef).items():
        for name, step in flow.steps.items():
            at = f"flow {id_}/steps/{name}"
            rests = () if step.hold is None else step.hold.do
            yield Doing(at, flow.subject, (*step.do, *rests, *step.undo))
    for id_, form in documents.of("webform", WebformDef).items():
        yield Doing(f"webform {id_}", form.entity, form.do)
    for id_, endpoint in documents.of("endpoint", EndpointDef).items():
        # Which record it is about is known once its expressions are checked.
        yield Doing(f"endpoint {id_}", None, endpoint.do)
    for id_, box in documents.of("mailbox", MailboxDef).items():
        yield Doing(f"mailbox {id_}", box.entity, box.do)
    for id_, clock in documents.of("clock", ClockDef).items():
        for key in ("warn", "breach"):
            for one in getattr(clock, key):
                yield Doing(f"clock {id_}/{key}", clock.entity, one.do)
    for id_, automation in documents.of("automation", AutomationDef).items():
        yield Doing(f"automation {id_}", subject_of(automation), automation.do)


def subject_of(automation: AutomationDef) -> str | None:
    """The entity of an automation's events, as they are written."""
    for event in automation.event:
        return event.text.rpartition(".")[0]
    return None


def flat(effects: Iterable[EffectDef]) -> Iterator[EffectDef]:
    """Effects with those inside them."""
    for effect in effects:
        yield effect
        for way in effect.choose:
            yield from flat(_of_way(way))
        if effect.for_each is not None:
            yield from flat(effect.for_each.do)


def _of_way(way: ChooseDef) -> tuple[EffectDef, ...]:
    return (*way.do, *way.else_)


def drawn_late(documents: Documents) -> Mapping[str, frozenset[str]]:
    """Entity -> the numberings that an effect draws from, so a new record does not."""
    found: dict[str, set[str]] = {}
    for doing in doings(documents):
        entity = documents.entities.get(doing.root or "")
        for effect in flat(doing.effects) if entity is not None else ():
            if effect.number is None or entity is None:
                continue
            field = entity.fields.get(effect.number.into)
            if field is not None and field.numbering is not None:
                found.setdefault(entity.id, set()).add(field.numbering)
    return MappingProxyType({id_: frozenset(ids) for id_, ids in found.items()})


def reactions_of(
    automations: Mapping[str, AutomationDef],
) -> Mapping[str, tuple[str, ...]]:
    """Event -> the automations that react to it, in load order."""
    found: dict[str, list[str]] = {}
    for id_, automation in automations.items():
        for event in automation.event if automation.enabled else ():
            for name in each_of(event.text):
                if id_ not in found.setdefault(name, []):
                    found[name].append(id_)
    return MappingProxyType({name: tuple(ids) for name, ids in found.items()})


def each_of(event: str) -> Iterator[str]:
    """The events that a name stands for: a save is a creation or an update."""
    entity, _, word = event.rpartition(".")
    for one in OF_SAVED if word == SAVED else (word,):
        yield f"{entity}.{one}"
