"""What events mean to flows: which they start, wake, or may let be left.

Asked by the consumer of flows for each event of the outbox; made once per generation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from core.definitions import FlowDef, FlowStepDef, MappingDef, WaitDef
from core.frozen import frozen
from core.registry.documents import Documents
from core.registry.events import each_of, flat

#: Which instances an event is about: those of its record, those that made its record,
#: or all that rest there.
About = Literal["subject", "made", "all"]


@frozen
class Ear:
    """A step of a flow that an event wakes while an instance rests there."""

    flow: str
    step: str
    state: Literal["held", "waiting"]
    about: About


@frozen
class Hearing:
    """`starts`: event -> flows; `wakes`: event -> steps; `leaves`: subject -> flows."""

    starts: Mapping[str, tuple[str, ...]]
    wakes: Mapping[str, tuple[Ear, ...]]
    leaves: Mapping[str, tuple[str, ...]]


NOTHING_HEARD = Hearing(
    MappingProxyType({}), MappingProxyType({}), MappingProxyType({})
)


def hearing_of(documents: Documents) -> Hearing:
    """What each event means to the flows that are on."""
    starts: dict[str, dict[str, None]] = {}
    wakes: dict[str, dict[Ear, None]] = {}
    leaves: dict[str, list[str]] = {}
    for id_, flow in documents.of("flow", FlowDef).items():
        for event in flow.event if flow.enabled else ():
            for name in each_of(event.text):
                starts.setdefault(name, {})[id_] = None
        if flow.exit_when is not None:
            leaves.setdefault(flow.subject, []).append(id_)
        made = made_by(documents, flow)
        for step in flow.steps.values():
            for name, ear in _ears(flow, step, made):
                wakes.setdefault(name, {})[ear] = None
    return Hearing(
        MappingProxyType({name: tuple(ids) for name, ids in starts.items()}),
        MappingProxyType({name: tuple(ears) for name, ears in wakes.items()}),
        MappingProxyType({name: tuple(ids) for name, ids in leaves.items()}),
    )


def made_by(documents: Documents, flow: FlowDef) -> frozenset[str]:
    """The entities of records that the flow makes and remembers under a name."""
    found: set[str] = set()
    for step in flow.steps.values():
        for effect in flat(step.do):
            if effect.as_ is None:
                continue
            if effect.create is not None:
                found.add(effect.create.entity)
            if effect.map is not None:
                mappings = documents.of("mapping", MappingDef)
                mapping = mappings.get(effect.map.mapping)
                found |= set() if mapping is None else {mapping.to}
            if effect.copy is not None and effect.copy.record is None:
                found.add(flow.subject)
    return frozenset(found)


def _ears(
    flow: FlowDef, step: FlowStepDef, made: frozenset[str]
) -> Iterator[tuple[str, Ear]]:
    if step.hold is not None:
        for event in step.hold.wake_on:
            for name in each_of(event.text):
                about = _about(flow, name, made)
                for id_ in (step.id, *step.was):
                    yield name, Ear(flow.id, id_, "held", about)
    if isinstance(step.wait, WaitDef):
        for event in step.wait.event:
            for name in each_of(event.text):
                about = _about(flow, name, made)
                for id_ in (step.id, *step.was):
                    yield name, Ear(flow.id, id_, "waiting", about)


def _about(flow: FlowDef, event: str, made: frozenset[str]) -> About:
    entity = event.rpartition(".")[0]
    if entity == flow.subject:
        return "subject"
    return "made" if entity in made else "all"
