"""Workflows woven into their entities: fields, conditions and buttons they have then.

Called by core.registry.compose after extensions were applied. A transition becomes a
button of the entity, what a state says of fields a part of their conditions: so forms,
rights, explanations and the API know workflows without learning anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.definitions import EntityDef, StateDef, TransitionDef, WorkflowDef
from core.definitions.workflow import OfKindDef
from core.diagnostics import Diagnostics, did_you_mean
from core.fieldtypes.spec import ChoiceDef, FieldDef
from core.registry.approvals import ANY, with_verdicts
from core.registry.asked_fields import asked_fields
from core.registry.combine import and_, or_
from core.registry.dependencies import Dependencies
from core.registry.documents import Documents
from core.registry.readdress import readdressed
from core.source import ExprText, Map, Piece, ValueSlot
from core.source.node import Scalar

#: Kinds of fields that nobody types into.
_MADE = frozenset({"number"})


class Weaver:
    """Weaves all workflows; `origins` and `sources` as in the composer."""

    def __init__(
        self,
        documents: Documents,
        dependencies: Dependencies,
        diagnostics: Diagnostics,
        origins: dict[str, str],
        sources: dict[str, str],
    ) -> None:
        self._documents = documents
        self._dependencies = dependencies
        self._diagnostics = diagnostics
        self._origins = origins
        self._sources = sources

    def weave(self) -> None:
        """Change the entities; a workflow that cannot be used is taken out."""
        workflows = self._documents.of("workflow", WorkflowDef)
        for id_, workflow in list(workflows.items()):
            entity = self._entity(workflow)
            if entity is None or not self._is_sound(workflow, entity):
                del workflows[id_]
                continue
            workflow = with_verdicts(workflow, entity, self._diagnostics)
            workflows[id_] = workflow
            fields = self._fields(workflow, entity)
            actions = self._actions(workflow, entity)
            whole = replace(entity, fields=fields, actions=actions)
            self._documents.entities[entity.id] = whole

    # -- is it sound ----------------------------------------------------------------

    def _entity(self, workflow: WorkflowDef) -> EntityDef | None:
        module = workflow.id.partition(".")[0]
        entities = self._documents.entities
        if not self._dependencies.check(
            module, "entity", workflow.entity, entities, workflow.at("entity")
        ):
            return None
        return entities[workflow.entity]

    def _is_sound(self, workflow: WorkflowDef, entity: EntityDef) -> bool:
        field = entity.fields.get(workflow.state)
        if field is None:
            if entity.id not in self._documents.shaky:
                self._error(
                    "E402",
                    f"{entity.id} has no field '{workflow.state}'",
                    workflow,
                    "state",
                    did_you_mean(workflow.state, tuple(entity.fields)),
                )
            return False
        if field.type != "choice" or field.formula is not None or field.cases:
            text = f"'{field.id}' cannot hold the state: it is no plain choice"
            self._error("E430", text, workflow, "state", "make it 'type: choice'")
            return False
        for key in ("choices", "default", "derive"):
            if field.gave(key):
                text = f"'{key}' of '{field.id}' comes from its workflow"
                span = field.at(key)
                self._diagnostics.error("E430", text, span, help="leave it out")
        if not workflow.states:
            text = "a workflow needs at least one state"
            self._error("E205", text, workflow, "states")
            return False
        if workflow.initial is not None:
            self._state(workflow, workflow.initial, workflow, "initial")
        for transition in workflow.transitions.values():
            self._is_way(workflow, transition)
        for timer in workflow.timers.values():
            for name in timer.in_:
                if name != ANY:
                    self._state(workflow, name, timer, "in")
        for state in workflow.states.values():
            for key in ("readonly", "editable", "required", "hidden"):
                self._are_fields(entity, state, key)
        return True

    def _is_way(self, workflow: WorkflowDef, transition: TransitionDef) -> None:
        given = transition.from_
        for name in () if isinstance(given, OfKindDef) else given:
            if name != ANY:
                self._state(workflow, name, transition, "from")
        self._state(workflow, transition.to, transition, "to")
        if transition.place != "record":
            text = "a transition is a button of its record"
            self._error("E205", text, transition, "place", "leave 'place' out")

    def _state(self, workflow: WorkflowDef, name: str, piece: Piece, key: str) -> None:
        if name in workflow.states or self._is_broken(workflow, name):
            return
        help_ = did_you_mean(name, tuple(workflow.states))
        self._error("E431", f"there is no state '{name}'", piece, key, help_)

    def _is_broken(self, workflow: WorkflowDef, name: str) -> bool:
        return self._diagnostics.is_broken(f"workflow {workflow.id}/states/{name}")

    def _are_fields(self, entity: EntityDef, state: StateDef, key: str) -> None:
        for name in getattr(state, key):
            if name not in entity.fields and entity.id not in self._documents.shaky:
                help_ = did_you_mean(name, tuple(entity.fields))
                text = f"{entity.id} has no field '{name}'"
                self._error("E402", text, state, key, help_)

    def _error(
        self, code: str, text: str, piece: Piece, key: str, help_: str | None = None
    ) -> None:
        self._diagnostics.error(code, text, piece.at(key), help=help_)

    # -- fields ---------------------------------------------------------------------

    def _fields(self, workflow: WorkflowDef, entity: EntityDef) -> Map[FieldDef]:
        fields = dict(entity.fields.items())
        spans = {name: entity.fields.key_span(name) for name in fields}
        fields[workflow.state] = self._state_field(workflow, fields[workflow.state])
        for id_, state in workflow.states.items():
            here = ExprText(f"{workflow.state} == '{id_}'", state.span)
            there = ExprText(f"{workflow.state} != '{id_}'", state.span)
            for name in self._closed(workflow, state, fields):
                closed = or_(fields[name].readonly, here) or here
                fields[name] = replace(fields[name], readonly=closed)
            for name in state.required:
                if name in fields:
                    needed = or_(fields[name].required, here) or here
                    fields[name] = replace(fields[name], required=needed)
            for name in state.hidden:
                if name in fields:
                    seen = and_(fields[name].visible, there)
                    fields[name] = replace(fields[name], visible=seen or there)
        return Map(fields, spans)

    def _closed(
        self, workflow: WorkflowDef, state: StateDef, fields: Mapping[str, FieldDef]
    ) -> Iterator[str]:
        """The fields that nobody changes in a state, but for the state itself."""
        for name, field in fields.items():
            typed = field.formula is None and not field.cases
            if name == workflow.state or not typed or field.type in _MADE:
                continue
            only = state.gave("editable") and name not in state.editable
            if only or name in state.readonly:
                yield name

    def _state_field(self, workflow: WorkflowDef, field: FieldDef) -> FieldDef:
        at = f"{field.address}/choices"
        choices: dict[str, Any] = {}
        for rank, (id_, state) in enumerate(workflow.states.items()):
            self._sources[f"{at}/{id_}"] = state.address
            choices[id_] = ChoiceDef(
                id=id_,
                address=f"{at}/{id_}",
                span=state.span,
                label=state.label,
                color=state.color,
                rank=rank,
                was=state.was,
                deprecated=state.deprecated,
            )
        first = workflow.initial or ""
        if first not in workflow.states:
            first = next(iter(workflow.states))
        span = workflow.at("state")
        spans = {**field.spans, "choices": span, "default": span}
        return replace(
            field,
            spans=MappingProxyType(spans),
            choices=Map(choices),
            default=ValueSlot(literal=Scalar(first, first, span), span=span),
            required=True,
            readonly=True,
        )

    # -- buttons --------------------------------------------------------------------

    def _actions(self, workflow: WorkflowDef, entity: EntityDef) -> Map[Any]:
        actions: dict[str, Any] = {}
        for id_, transition in workflow.transitions.items():
            if id_ in entity.actions:
                text = f"'{id_}' is a button of {entity.id} already"
                span = workflow.transitions.key_span(id_)
                self._diagnostics.error("E302", text, span, help="choose another id")
                continue
            actions[id_] = self._button(workflow, entity, transition)
        actions.update(entity.actions.items())
        return Map(actions, {id_: one.span for id_, one in actions.items()})

    def _button(
        self, workflow: WorkflowDef, entity: EntityDef, transition: TransitionDef
    ) -> TransitionDef:
        address = f"entity {entity.id}/actions/{transition.id}"
        self._sources[address] = transition.address
        author = self._origins.get(transition.address, workflow.id.partition(".")[0])
        self._origins[address] = author
        offered = _from(workflow, transition)
        if transition.when is not None:
            text = f"({offered.text}) and ({transition.when.text})"
            offered = ExprText(text, transition.when.span)
        moved = readdressed(transition, address)
        ask = asked_fields(moved, entity, address, self._diagnostics)
        for name in transition.ask:
            if name in entity.fields and not isinstance(transition.ask, Map):
                self._sources[f"{address}/ask/{name}"] = entity.fields[name].address
        return replace(moved, when=offered, ask=ask)


def states_from(workflow: WorkflowDef, transition: TransitionDef) -> tuple[str, ...]:
    """The states in which a transition is offered."""
    given = transition.from_
    if isinstance(given, OfKindDef):
        states = workflow.states.items()
        return tuple(id_ for id_, state in states if state.kind == given.kind)
    if ANY in given:
        return tuple(id_ for id_ in workflow.states if id_ != transition.to)
    return tuple(id_ for id_ in given if id_ in workflow.states)


def _from(workflow: WorkflowDef, transition: TransitionDef) -> ExprText:
    """The states in which the button is there; an approval takes its own way."""
    decided = {
        id_
        for id_, one in workflow.approvals.items()
        if transition.id in (one.pass_, one.reject)
    }
    left = [one for one in states_from(workflow, transition) if one not in decided]
    if not left:
        return ExprText("false", transition.at("from"))
    states = ", ".join(f"'{id_}'" for id_ in left)
    return ExprText(f"{workflow.state} in [{states}]", transition.at("from"))
