"""Checks the effects that do more than write one record: copies, numbers, messages,
events and those for each of several rows.

Called by core.registry.check_effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.definitions import (
    AssignmentDef,
    CopyEffect,
    EffectDef,
    EmitEffect,
    EscalateEffect,
    FlowDef,
    ForEachEffect,
    NotifyEffect,
    NumberEffect,
    StartEffect,
    StopEffect,
)
from core.diagnostics import did_you_mean
from core.expressions import types
from core.expressions.slots import MESSAGE
from core.expressions.types import Type
from core.registry.check_mails import check_mail_effect
from core.registry.check_values import check_assignments, writable_field
from core.registry.events import BY_THEMSELVES, flat
from core.registry.members import USER
from core.registry.paths import check_name

if TYPE_CHECKING:
    from core.registry.check_effects import EffectChecker

#: Rows of one `for_each`: in a save, and in a schedule.
MOST_ROWS, MOST_SCHEDULED = 1000, 100_000


def check_more(
    effects: EffectChecker, effect: EffectDef, address: str, names: dict[str, Type]
) -> None:
    """Check an effect if it is one of these."""
    if effect.emit is not None:
        _emit(effects, effect.emit)
    if effect.copy is not None:
        _copy(effects, effect, effect.copy, f"{address}/copy", names)
    if effect.number is not None:
        _number(effects, effect.number)
    if effect.notify is not None:
        _notify(effects, effect.notify, f"{address}/notify", names)
    if effect.escalate is not None:
        _escalate(effects, effect.escalate, f"{address}/escalate", names)
    for key in ("start", "stop"):
        body = getattr(effect, key)
        if body is not None:
            _flow(effects, body, f"{address}/{key}", names)
    if effect.mail is not None:
        check_mail_effect(effects, effect.mail, f"{address}/mail", names)
    if effect.assign is not None:
        _assign(effects, effect, effect.assign)
    if effect.for_each is not None:
        check_for_each(effects, effect.for_each, f"{address}/for_each", names)


def check_for_each(
    effects: EffectChecker,
    body: ForEachEffect,
    address: str,
    names: Mapping[str, Type],
    most: int = MOST_ROWS,
) -> str | None:
    """Check rows and what is done for each; returns the entity of the rows."""
    diagnostics = effects.checker.diagnostics
    for inner in flat(body.do):
        if inner.for_each is not None:
            text = "'for_each' does not stand inside another one"
            diagnostics.error("E205", text, inner.at("for_each"))
    if body.max is not None and not 0 < body.max <= most:
        text = f"'max' is a number from 1 to {most:,} here"
        diagnostics.error("E205", text, body.at("max"))
    target = effects.rows(body.in_, f"{address}/in", names)
    if target is None:
        return None
    inner_names = {**names, body.as_ or "it": types.link(target)}
    effects.condition(body.where, f"{address}/where", inner_names)
    effects.check(body.do, f"{address}/do", inner_names)
    return target


def _emit(effects: EffectChecker, body: EmitEffect) -> None:
    diagnostics = effects.checker.diagnostics
    if effects.root is None:
        text = "'emit' needs a record, and there is none here"
        diagnostics.error("E205", text, body.span)
    elif body.event in BY_THEMSELVES:
        text = f"'{body.event}' comes by itself when it happens"
        help_ = "choose another name for an event of your own"
        diagnostics.error("E207", text, body.at("event"), help=help_)


def _copy(
    effects: EffectChecker,
    effect: EffectDef,
    body: CopyEffect,
    address: str,
    names: dict[str, Type],
) -> None:
    entity = effects.root
    if body.record is not None:
        entity = effects.rows(body.record, f"{address}/record", names)
    elif entity is None:
        text = "'copy' needs a record, and there is none here"
        effects.checker.diagnostics.error("E205", text, body.span)
    if entity is None:
        return
    for name in body.keep:
        check_name(effects.checker, entity, name, body.at("keep"))
    check_assignments(
        effects.checker,
        body.set,
        entity,
        f"{address}/set",
        effects.root,
        names,
        effects.value,
    )
    if effect.as_ is not None:
        names[effect.as_] = types.link(entity)


def _number(effects: EffectChecker, body: NumberEffect) -> None:
    entity = effects.checker.documents.entities.get(effects.root or "")
    if entity is None:
        text = "'number' needs a record, and there is none here"
        effects.checker.diagnostics.error("E205", text, body.span)
        return
    numbered = [n for n, field in entity.fields.items() if field.numbering is not None]
    if body.into not in numbered:
        text = f"{entity.id} has no numbered field '{body.into}'"
        help_ = did_you_mean(body.into, numbered)
        effects.checker.diagnostics.error("E402", text, body.at("into"), help=help_)


def _notify(
    effects: EffectChecker, body: NotifyEffect, address: str, names: Mapping[str, Type]
) -> None:
    checker = effects.checker
    checker.text(body.text, f"{address}/text", effects.root, MESSAGE, names)
    found = effects.rows(body.to, f"{address}/to", names)
    if found is not None and found != USER:
        assert body.to is not None
        text = f"people are told, this is {types.link(found)}"
        checker.diagnostics.error("E419", text, body.to.span)
    if body.record is not None:
        effects.rows(body.record, f"{address}/record", names)
    elif effects.root is None:
        text = "'notify' is about a record, and there is none here"
        checker.diagnostics.error("E205", text, body.span)


def _escalate(
    effects: EffectChecker,
    body: EscalateEffect,
    address: str,
    names: Mapping[str, Type],
) -> None:
    checker = effects.checker
    effects.timeline(effects.root, "escalate", body.span)
    checker.text(body.text, f"{address}/text", effects.root, MESSAGE, names)
    found = effects.rows(body.to, f"{address}/to", names)
    if found is not None and found != USER:
        text = f"people are told, this is {types.link(found)}"
        checker.diagnostics.error("E419", text, body.to.span)
    entity = checker.documents.entities.get(effects.root or "")
    if body.field is None or entity is None:
        return
    field = writable_field(checker, entity, body.field, body.at("field"))
    if field is not None and (field.type != "link" or field.to != (USER,)):
        text = f"'{body.field}' is no link to {USER}"
        checker.diagnostics.error("E419", text, body.at("field"))


def _flow(
    effects: EffectChecker,
    body: StartEffect | StopEffect,
    address: str,
    names: Mapping[str, Type],
) -> None:
    checker = effects.checker
    flows = checker.documents.of("flow", FlowDef)
    span = body.at("flow")
    if not checker.dependencies.check(effects.module, "flow", body.flow, flows, span):
        return
    flow, found = flows[body.flow], effects.root
    if body.record is not None:
        found = effects.rows(body.record, f"{address}/record", names)
    if found != flow.subject and (found is not None or body.record is None):
        text = f"the flow is about {flow.subject}, this is {found or 'no record'}"
        checker.diagnostics.error("E419", text, span)
    checker.expression(
        body.key, f"{address}/key", effects.root, effects.value, names=names
    )
    if isinstance(body, StartEffect):
        effects.answers(body.input, flow.input, f"{address}/input", "flow", names)


def _assign(effects: EffectChecker, effect: EffectDef, id_: str) -> None:
    known = effects.checker.documents.of("assignment", AssignmentDef)
    span, check = effect.at("assign"), effects.checker.dependencies.check
    if not check(effects.module, "assignment", id_, known, span):
        return
    if known[id_].entity != effects.root:
        found = effects.root or "no record"
        text = f"the assignment is of {known[id_].entity}, this is {found}"
        effects.checker.diagnostics.error("E419", text, span)
