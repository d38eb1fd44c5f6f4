"""Clocks woven into their entities: the fields that they keep, which nobody types into.

Called by core.registry.compose after workflows were woven. The states of a clock become
the choices of its state field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.definitions import ClockDef, EntityDef
from core.diagnostics import Diagnostics, did_you_mean
from core.fieldtypes.spec import ChoiceDef, FieldDef
from core.registry.dependencies import Dependencies
from core.registry.documents import Documents
from core.source import Map

#: State of a clock -> its label and colour; what has not begun has none.
STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "running": ("Running", "run"),
        "paused": ("Paused", "line"),
        "overdue": ("Overdue", "bad"),
        "met": ("In time", "ok"),
        "missed": ("Too late", "bad"),
    }
)
#: What a clock keeps in a field -> the type of that field.
KEPT: Mapping[str, str] = MappingProxyType(
    {"due": "datetime", "elapsed": "duration", "state": "choice"}
)


class ClockStates(Map[ChoiceDef]):
    """The choices of a field that keeps the state of a clock."""


_OWN = ("choices", "default", "derive", "formula", "cases")


def weave_clocks(
    documents: Documents, dependencies: Dependencies, diagnostics: Diagnostics
) -> None:
    """Change the entities; a clock that cannot be used is taken out."""
    clocks = documents.of("clock", ClockDef)
    keepers: dict[tuple[str, str], str] = {}
    for id_, clock in list(clocks.items()):
        module, entities = id_.partition(".")[0], documents.entities
        span = clock.at("entity")
        if not dependencies.check(module, "entity", clock.entity, entities, span):
            del clocks[id_]
            continue
        entity = entities[clock.entity]
        found: dict[str, FieldDef] = {}
        for key, name in kept_by(clock).items():
            field = _field(documents, diagnostics, clock, entity, key)
            other = keepers.setdefault((entity.id, name), id_)
            if field is not None and (other != id_ or name in found):
                text = f"'{name}' is kept by the clock {other} already"
                _wrong(diagnostics, clock, key, text, "name another field")
                field = None
            if field is not None:
                found[name] = field
        entities[entity.id] = _with(entity, found)


def kept_by(clock: ClockDef) -> dict[str, str]:
    """What a clock keeps, `due`, `elapsed` or `state`, with the name of its field."""
    named = {key: getattr(clock, key) for key in KEPT}
    return {key: name for key, name in named.items() if name is not None}


def keeper_of(
    clocks: Mapping[str, ClockDef], entity: str, name: str
) -> ClockDef | None:
    """The clock that keeps a field; None if none does."""
    for clock in clocks.values():
        if clock.entity == entity and name in (clock.due, clock.elapsed, clock.state):
            return clock
    return None


def clocks_of(clocks: Mapping[str, ClockDef]) -> Mapping[str, tuple[str, ...]]:
    """Entity -> its clocks that count, in load order."""
    found: dict[str, list[str]] = {}
    for id_, clock in clocks.items():
        if clock.enabled:
            found.setdefault(clock.entity, []).append(id_)
    return MappingProxyType({entity: tuple(ids) for entity, ids in found.items()})


def _field(
    documents: Documents,
    diagnostics: Diagnostics,
    clock: ClockDef,
    entity: EntityDef,
    key: str,
) -> FieldDef | None:
    name = getattr(clock, key)
    field = entity.fields.get(name)
    if field is None:
        if entity.id not in documents.shaky:
            text = f"{entity.id} has no field '{name}'"
            help_ = did_you_mean(name, tuple(entity.fields))
            diagnostics.error("E402", text, clock.at(key), help=help_)
        return None
    if field.type != KEPT[key]:
        text = f"'{name}' cannot keep the clock's '{key}'"
        _wrong(diagnostics, clock, key, text, f"make it 'type: {KEPT[key]}'")
        return None
    for own in _OWN:
        if field.gave(own):
            text = f"'{own}' of '{name}' cannot stand beside the clock {clock.id}"
            diagnostics.error("E435", text, field.at(own), help="leave it out")
            return None
    return _kept(field, clock, key)


def _kept(field: FieldDef, clock: ClockDef, key: str) -> FieldDef:
    changed: dict[str, Any] = {"readonly": True, "copy": False}
    if key == "state":
        at, span = f"{field.address}/choices", clock.at(key)
        choices = {
            id_: ChoiceDef(
                id=id_,
                address=f"{at}/{id_}",
                span=span,
                label=label,
                color=color,
                rank=rank,
            )
            for rank, (id_, (label, color)) in enumerate(STATES.items())
        }
        changed["choices"] = ClockStates(choices)
        changed["spans"] = MappingProxyType({**field.spans, "choices": span})
    return replace(field, **changed)


def _with(entity: EntityDef, found: Mapping[str, FieldDef]) -> EntityDef:
    if not found:
        return entity
    spans = {name: entity.fields.key_span(name) for name in entity.fields}
    return replace(entity, fields=Map({**entity.fields, **found}, spans))


def _wrong(
    diagnostics: Diagnostics, clock: ClockDef, key: str, text: str, help_: str
) -> None:
    diagnostics.error("E435", text, clock.at(key), help=help_)
