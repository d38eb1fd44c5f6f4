"""Compiled flows: each step with its conditions, effects and ways on.

Built at first use by `compile_flow`; run by core.services.flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.compiler.computing import Computing, all_reads
from core.compiler.effect_builder import EffectBuilder
from core.compiler.effect_parts import parts_of
from core.compiler.effects import CompiledAction, Effect
from core.compiler.fields import compile_field
from core.compiler.parts import CompiledField, Computed, FilledText
from core.compiler.tables import FlatField
from core.definitions import ActionDef, FlowDef, FlowStepDef, GotoDef
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry, full_roles, words
from core.registry.events import flat


@frozen
class Way:
    """A way on from a step, if `when` holds; back only `most` times."""

    step: str
    when: Computed | None = None
    most: int | None = None


@frozen(kw_only=True)
class CompiledStep:
    """One step: `effects`, then `check`, else it is held as `definition.hold` says.

    `until` is the moment that it waits for. `ways` are asked in order; where none
    holds, the step behind it follows.
    """

    id: str
    definition: FlowStepDef
    label: str
    when: Computed | None
    effects: tuple[Effect, ...]
    check: Computed | None
    say: FilledText | None
    resting: tuple[Effect, ...]
    until: Computed | None
    ways: tuple[Way, ...]
    undo: tuple[Effect, ...]


@frozen(kw_only=True)
class CompiledFlow:
    """A flow about records of `entity`; `action` holds what all of it reads.

    `names` are those of results. `former` leads from an id that a step had to the step.
    """

    id: str
    definition: FlowDef
    label: str
    entity: str
    when: Computed | None
    key: Computed | None
    leaves: Computed | None
    input: Mapping[str, CompiledField]
    steps: Mapping[str, CompiledStep]
    former: Mapping[str, str]
    names: tuple[str, ...]
    roles: frozenset[str]
    action: CompiledAction


def compile_flow(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledFlow:
    """One flow; KeyError if there is none of this id."""
    definition, at = registry.flows[id], f"flow {id}"
    computing = Computing(registry)
    builder = EffectBuilder(registry, catalog, computing, definition.subject)
    steps = {
        name: _step(computing, builder, step, f"{at}/steps/{name}")
        for name, step in definition.steps.items()
    }
    when, key = computing.at(f"{at}/when"), computing.at(f"{at}/key")
    leaves = computing.at(f"{at}/exit_when")
    label = definition.label or words(id.rpartition(".")[2])
    parts = (part for step in steps.values() for part in _parts(step))
    action = CompiledAction(
        id=id,
        definition=ActionDef(id=id, address="", span=definition.span),
        label=label,
        reads=all_reads(iter([when, key, leaves, *parts])),
    )
    return CompiledFlow(
        id=id,
        definition=definition,
        label=label,
        entity=definition.subject,
        when=when,
        key=key,
        leaves=leaves,
        input=MappingProxyType(_input(catalog, computing, definition, at)),
        steps=MappingProxyType(steps),
        former=MappingProxyType(_former(definition)),
        names=tuple(dict.fromkeys(_names(definition))),
        roles=frozenset(full_roles(id, definition.roles)),
        action=action,
    )


def _step(
    computing: Computing, builder: EffectBuilder, step: FlowStepDef, at: str
) -> CompiledStep:
    return CompiledStep(
        id=step.id,
        definition=step,
        label=step.label or words(step.id),
        when=computing.at(f"{at}/when"),
        effects=builder.all(step.do, f"{at}/do"),
        check=computing.at(f"{at}/check"),
        say=computing.text(f"{at}/hold/say"),
        resting=builder.all(step.hold.do if step.hold else (), f"{at}/hold/do"),
        until=computing.at(f"{at}/wait/until"),
        ways=tuple(_ways(computing, step, at)),
        undo=builder.all(step.undo, f"{at}/undo"),
    )


def _ways(computing: Computing, step: FlowStepDef, at: str) -> Iterator[Way]:
    for index, way in enumerate(step.branch):
        target = way.goto or way.else_
        if target is not None:
            when = computing.at(f"{at}/branch/{index}/when")
            yield Way(target, when, way.most)
    if isinstance(step.goto, GotoDef):
        yield Way(step.goto.step, most=step.goto.most)
    elif step.goto is not None:
        yield Way(step.goto)


def _parts(step: CompiledStep) -> Iterator[Computed | FilledText | None]:
    yield from (step.when, step.check, step.say, step.until)
    yield from (way.when for way in step.ways)
    yield from parts_of((*step.effects, *step.resting, *step.undo))


def _input(
    catalog: FieldTypeCatalog, computing: Computing, definition: FlowDef, at: str
) -> dict[str, CompiledField]:
    fields = {}
    for name, field in definition.input.items():
        flat_field = FlatField(
            name, field, catalog[field.type], None, f"{at}/input/{name}"
        )
        fields[name] = compile_field(flat_field, computing)
    return fields


def _former(definition: FlowDef) -> dict[str, str]:
    return {old: name for name, step in definition.steps.items() for old in step.was}


def _names(definition: FlowDef) -> Iterator[str]:
    for step in definition.steps.values():
        rests = () if step.hold is None else step.hold.do
        for effect in flat((*step.do, *rests)):
            if effect.as_ is not None:
                yield effect.as_
