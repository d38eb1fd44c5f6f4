"""Checks flows: their subject, events and input, and each step with its ways on.

Called by core.registry.build; the checked expressions stand under `flow <id>/...`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.definitions import FlowDef, FlowStepDef, GotoDef, WaitDef
from core.diagnostics import Span, did_you_mean
from core.expressions import types
from core.expressions.slots import AFTERWARDS, MESSAGE
from core.expressions.types import Kind, Type
from core.registry.check_automations import entity_of
from core.registry.check_effects import EffectChecker
from core.registry.check_fields import FieldChecker
from core.registry.check_roles import check_roles
from core.registry.checker import Checker
from core.registry.events import events_of
from core.registry.hearing import made_by
from core.source import PathText

#: How a step of an instance may have gone.
STEP_STATES = ("done", "held", "waiting", "skipped", "failed")
_DOES = ("do", "check", "wait", "branch", "split", "goto", "end")
_WAYS = ("branch", "split", "goto", "end")
_NOT_BESIDE_WAIT = ("do", "check", "hold")


def check_flows(checker: Checker) -> None:
    """Check all flows; those without a subject are taken out."""
    flows = checker.documents.of("flow", FlowDef)
    known = events_of(checker.documents) if flows else {}
    for id_, flow in list(flows.items()):
        module, entities = id_.partition(".")[0], checker.documents.entities
        subject, span = flow.subject, flow.at("subject")
        check = checker.dependencies.check
        if not check(module, "entity", subject, entities, span):
            del flows[id_]
            continue
        _FlowChecker(checker, flow, known).check()


class _FlowChecker:
    def __init__(
        self, checker: Checker, flow: FlowDef, known: Mapping[str, str]
    ) -> None:
        self._checker = checker
        self._flow = flow
        self._known = known
        self._at = f"flow {flow.id}"
        self._module = flow.id.partition(".")[0]
        self._made = made_by(checker.documents, flow)
        self._order = {name: rank for rank, name in enumerate(flow.steps)}

    def check(self) -> None:
        """Check everything that the flow says."""
        flow, checker = self._flow, self._checker
        for event in flow.event:
            self._starts(event)
        checker.condition(flow.when, f"{self._at}/when", flow.subject, AFTERWARDS)
        if flow.when is not None and not flow.event:
            text = "'when' decides about an event, and the flow names none"
            self._error("E205", text, flow.at("when"), "let the effect 'start' ask")
        key = checker.expression(flow.key, f"{self._at}/key", flow.subject, AFTERWARDS)
        if key is not None and key.type.kind in (Kind.LIST, Kind.JSON):
            text = f"a key is one value or record, this is {key.type}"
            self._error("E419", text, flow.at("key"))
        self._zone()
        check_roles(checker, flow.id, flow.roles, flow.at("roles"))
        names = self._names()
        for name, step in flow.steps.items():
            names = self._step(step, f"{self._at}/steps/{name}", names)
        checker.condition(
            flow.exit_when, f"{self._at}/exit_when", flow.subject, AFTERWARDS, names
        )
        if not flow.steps:
            self._error("E204", "the flow has no steps", flow.at("steps"))

    def _starts(self, event: PathText) -> None:
        entity = entity_of(self._checker, self._module, event, self._known)
        if entity is not None and entity != self._flow.subject:
            text = f"the flow is about {self._flow.subject}, this about {entity}"
            help_ = "let an automation of that event start it with 'start'"
            self._error("E419", text, event.span, help_)
        elif entity is not None and event.text.endswith(".deleted"):
            text = "after the event the record is gone, so no flow can be about it"
            self._error("E205", text, event.span)

    def _zone(self) -> None:
        try:
            ZoneInfo(self._flow.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            text = f"there is no time zone '{self._flow.zone}'"
            self._error("E205", text, self._flow.at("zone"), "such as Europe/Berlin")

    def _names(self) -> dict[str, Type]:
        """What every step knows: the input, and how the steps went."""
        flow, checker = self._flow, self._checker
        fields = FieldChecker(checker, flow.subject)
        names: dict[str, Type] = {}
        for name, field in flow.input.items():
            kind = checker.catalog.get(field.type)
            if kind is not None:
                fields.check(field)
                context = checker.context(flow.subject, field)
                names[f"input.{name}"] = kind.expression_type(field, context)
        state = types.choice(*STEP_STATES)
        return names | {f"steps.{name}.state": state for name in flow.steps}

    # -- steps ---------------------------------------------------------------------

    def _step(
        self, step: FlowStepDef, at: str, names: dict[str, Type]
    ) -> dict[str, Type]:
        checker, subject = self._checker, self._flow.subject
        self._shape(step)
        author = checker.author_of(at) or self._module
        effects = EffectChecker(checker, author, subject, AFTERWARDS)
        checker.condition(step.when, f"{at}/when", subject, AFTERWARDS, names)
        names = effects.check(step.do, f"{at}/do", names)
        checker.condition(step.check, f"{at}/check", subject, AFTERWARDS, names)
        if step.hold is not None:
            checker.text(step.hold.say, f"{at}/hold/say", subject, MESSAGE, names)
            names = effects.check(step.hold.do, f"{at}/hold/do", names)
            for event in step.hold.wake_on:
                entity_of(checker, self._module, event, self._known)
            for key in ("wake_every", "give_up"):
                self._length(getattr(step.hold, key), step.hold.at(key))
        if isinstance(step.wait, WaitDef):
            self._wait(step.wait, f"{at}/wait", names)
        else:
            self._length(step.wait, step.at("wait"))
        if step.retry is not None:
            self._most(step.retry.most, step.retry.at("most"))
            self._length(step.retry.after, step.retry.at("after"))
        for index, way in enumerate(step.branch):
            when = f"{at}/branch/{index}/when"
            checker.condition(way.when, when, subject, AFTERWARDS, names)
        self._ways(step)
        effects.check(step.undo, f"{at}/undo", names)
        return names

    def _shape(self, step: FlowStepDef) -> None:
        if not any(step.gave(key) for key in _DOES):
            help_ = f"a step has one of: {', '.join(_DOES)}"
            self._error("E204", "the step says nothing to do", step.span, help_)
        beside = [key for key in _NOT_BESIDE_WAIT if step.gave(key)]
        if step.wait is not None and beside:
            text = f"'wait' and {', '.join(repr(k) for k in beside)} stand in one step"
            help_ = "make two steps of it, in the order that is meant"
            self._error("E208", text, step.at("wait"), help_)
        ways = [key for key in _WAYS if step.gave(key)]
        if len(ways) > 1:
            text = f"{' and '.join(repr(k) for k in ways)} both say where to go"
            self._error("E208", text, step.at(ways[1]))
        if step.hold is not None and step.check is None:
            text = "a step is held while its 'check' does not hold, and it has none"
            self._error("E204", text, step.at("hold"), "add 'check'")

    def _wait(self, wait: WaitDef, at: str, names: Mapping[str, Type]) -> None:
        checker = self._checker
        if not (wait.gave("until") or wait.gave("event") or wait.gave("most")):
            self._error("E204", "'wait' says no end: until, event or most", wait.span)
        self._length(wait.most, wait.at("most"))
        subject = self._flow.subject
        typed = checker.expression(
            wait.until, f"{at}/until", subject, AFTERWARDS, names=names
        )
        if typed is not None and typed.type.kind not in (Kind.DATE, Kind.DATETIME):
            text = f"a day or a moment is needed here, this is {typed.type}"
            self._error("E419", text, wait.at("until"))
        for event in wait.event:
            entity = entity_of(checker, self._module, event, self._known)
            if entity is not None and entity not in (subject, *self._made):
                text = f"which record of {entity} is waited for?"
                help_ = "use 'check' with 'hold: {wake_on: ...}' for other records"
                self._error("E419", text, event.span, help_)

    def _ways(self, step: FlowStepDef) -> None:
        for target, most, span in _targets(step):
            if target not in self._order:
                text = f"the flow has no step '{target}'"
                help_ = did_you_mean(target, tuple(self._order))
                if not self._checker.diagnostics.is_broken(
                    f"{self._at}/steps/{target}"
                ):
                    self._error("E402", text, span, help_)
            elif most is not None:
                self._most(most, span)
            elif self._order[target] <= self._order[step.id]:
                text = f"'{step.id}' leads back to '{target}' without an end"
                help_ = "say how often at 'most', or go forward"
                self._error("E434", text, span, help_)
        last = len(step.branch) - 1
        for index, way in enumerate(step.branch):
            if way.gave("else") == way.gave("goto") or way.gave("goto") != way.gave(
                "when"
            ):
                text = "a way is 'when' and 'goto'; 'else' stands alone and last"
                self._error("E205", text, way.span)
            elif way.gave("else") and index != last:
                self._error("E205", "nothing is asked behind 'else'", way.span)
        if step.split and sum(step.split.values()) != 100:
            text = f"the parts make {sum(step.split.values())} %, not 100 %"
            self._error("E205", text, step.at("split"))

    def _most(self, most: int, span: Span) -> None:
        if most < 1:
            self._error("E205", "'most' is 1 or more", span)

    def _length(self, length: object, span: Span) -> None:
        if isinstance(length, timedelta) and length <= timedelta(0):
            self._error("E205", "this takes no time", span)

    def _error(self, code: str, text: str, span: Span, help: str | None = None) -> None:
        self._checker.diagnostics.error(code, text, span, help=help)


def _targets(step: FlowStepDef) -> Iterator[tuple[str, int | None, Span]]:
    """Each step that a step leads to by name: where, how often, where it is said."""
    for way in step.branch:
        if way.goto is not None:
            yield way.goto, way.most, way.at("goto")
        if way.else_ is not None:
            yield way.else_, way.most, way.at("else")
    for name in step.split:
        yield name, None, step.split.key_span(name)
    if isinstance(step.goto, GotoDef):
        yield step.goto.step, step.goto.most, step.goto.at("step")
    elif step.goto is not None:
        yield step.goto, None, step.at("goto")
