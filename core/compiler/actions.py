"""Compiled buttons: conditions, the small form they ask, and their effects.

Called by the entity builder; hands on `CompiledAction`s for the services and pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.compiler.computing import Computing, all_reads
from core.compiler.effect_builder import EffectBuilder
from core.compiler.effect_parts import parts_of
from core.compiler.effects import (
    CompiledAction,
    CompiledMove,
    CompiledTimer,
    Effect,
)
from core.compiler.fields import compile_conditions, compile_field
from core.compiler.parts import Computed, FilledText
from core.compiler.tables import FlatField
from core.compiler.workflows import compile_move, parts_of_move
from core.definitions import (
    ActionDef,
    EffectDef,
    MappingDef,
    TimerDef,
    TransitionDef,
    WorkflowDef,
)
from core.fieldtypes import FieldTypeCatalog
from core.registry import ANY, Registry, full_roles, words
from core.source import Described


class ActionBuilder:
    """Builds the actions of one entity."""

    def __init__(
        self,
        registry: Registry,
        catalog: FieldTypeCatalog,
        computing: Computing,
        entity: str,
    ) -> None:
        self._registry = registry
        self._catalog = catalog
        self._computing = computing
        self._entity = entity
        self._effects = EffectBuilder(registry, catalog, computing, entity).all

    def all(self) -> Mapping[str, CompiledAction]:
        """The actions by id, in their order."""
        actions = self._registry.entities[self._entity].actions
        return MappingProxyType({id_: self._one(id_, a) for id_, a in actions.items()})

    def then(self, mapping: str, definition: MappingDef) -> CompiledAction:
        """The effects of a mapping on its source, as what a button does."""
        effects = self._effects(definition.then, f"mapping {mapping}/then")
        return _made(mapping, definition, None, effects)

    def doing(
        self, at: str, definition: Described, do: tuple[EffectDef, ...]
    ) -> CompiledAction:
        """What happens by itself, with `when` and `do` below an address."""
        effects = self._effects(do, f"{at}/do")
        when = self._computing.at(f"{at}/when")
        return _made(definition.id, definition, when, effects)

    def timer(
        self, at: str, workflow: WorkflowDef, timer: TimerDef
    ) -> CompiledTimer | None:
        """A timer of a workflow; None if its moment could not be understood."""
        due = self._computing.at(f"{at}/due")
        if due is None:
            return None
        names = frozenset(path[0] for path in due.reads.this)
        given = frozenset(workflow.states if ANY in timer.in_ else timer.in_)
        return CompiledTimer(
            address=at,
            definition=timer,
            state=workflow.state,
            states=given,
            due=due,
            follows=names if timer.at_ is not None else frozenset(),
            action=self.doing(at, timer, timer.do),
        )

    def _one(self, id_: str, action: ActionDef) -> CompiledAction:
        at = f"entity {self._entity}/actions/{id_}"
        asked = tuple(self._asked(action, at))
        fields = {field.name: compile_field(field, self._computing) for field in asked}
        effects = self._effects(action.do, f"{at}/do")
        when = self._computing.at(f"{at}/when")
        say = self._computing.text(f"{at}/say")
        confirm = self._computing.text(f"{at}/confirm")
        move = None
        if isinstance(action, TransitionDef):
            move = compile_move(self._registry, self._computing, action, self._effects)
        return CompiledAction(
            id=id_,
            definition=action,
            label=action.label or words(id_),
            when=when,
            say=say,
            confirm=confirm,
            ask=MappingProxyType(fields),
            conditions=compile_conditions(asked, self._computing),
            roles=full_roles(self._entity, action.roles),
            effects=effects,
            move=move,
            reads=all_reads(
                iter([when, say, confirm, *parts_of(effects), *_moving(move)])
            ),
        )

    def _asked(self, action: ActionDef, at: str) -> Iterator[FlatField]:
        for name, definition in action.ask.items():
            kind = self._catalog.get(definition.type)
            if kind is not None:
                yield FlatField(name, definition, kind, None, f"{at}/ask/{name}")


def _moving(move: CompiledMove | None) -> Iterator[Computed | FilledText | None]:
    """What the move of a transition reads, its effects included."""
    yield from parts_of_move(move)
    if move is not None:
        for effects in (*move.leave.values(), move.enter):
            yield from parts_of(effects)


def _made(
    id_: str,
    definition: Described,
    when: Computed | None,
    effects: tuple[Effect, ...],
) -> CompiledAction:
    return CompiledAction(
        id=id_,
        definition=ActionDef(id=id_, address="", span=definition.span),
        label=definition.label or words(id_.rpartition(".")[2]),
        when=when,
        effects=effects,
        reads=all_reads(iter([when, *parts_of(effects)])),
    )
