"""The small form of a transition: fields of the record, fields of its own, a reason.

Called by core.registry.workflows; hands on the fields as buttons have them.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from core.definitions import EntityDef, TransitionDef
from core.diagnostics import Diagnostics, did_you_mean
from core.fieldtypes.spec import FieldDef
from core.source import ExprText, Map, ValueSlot

#: The question that `reason: true` asks.
REASON = "reason"
_NOT_ASKED = frozenset({"lines", "links", "tags", "group", "number", "file", "image"})


def asked_fields(
    transition: TransitionDef,
    entity: EntityDef,
    address: str,
    diagnostics: Diagnostics,
) -> Map[FieldDef]:
    """The questions by name; mistakes in them are reported."""
    given = transition.ask
    if isinstance(given, Map):
        asked = dict(given.items())
    else:
        asked = {
            name: _as_question(entity.fields[name], address)
            for name in given
            if _may_ask(transition, entity, name, diagnostics)
        }
    if transition.reason:
        if REASON in asked:
            text = "'reason' is the name of the question that 'reason: true' asks"
            diagnostics.error("E302", text, transition.at("reason"))
        asked[REASON] = _reason(transition, address)
    return Map(asked, {name: field.span for name, field in asked.items()})


def _may_ask(
    transition: TransitionDef, entity: EntityDef, name: str, diagnostics: Diagnostics
) -> bool:
    field = entity.fields.get(name)
    if field is None:
        help_ = did_you_mean(name, tuple(entity.fields))
        text = f"{entity.id} has no field '{name}'"
        diagnostics.error("E402", text, transition.at("ask"), help=help_)
        return False
    if field.type in _NOT_ASKED or field.formula is not None or field.cases:
        text = f"'{name}' cannot be asked for in the small form of a button"
        diagnostics.error("E412", text, transition.at("ask"))
        return False
    return True


def _as_question(field: FieldDef, address: str) -> FieldDef:
    """The field as it is asked for: it begins with the value it has."""
    span = field.span
    now = ValueSlot(expr=ExprText(field.id, span), span=span)
    return replace(
        field,
        address=f"{address}/ask/{field.id}",
        default=now,
        derive=None,
        readonly=False,
        visible=True,
        required=field.required is True,
        unique=False,
        index=False,
        search=False,
        once=False,
        inverse=None,
        min=None,
        max=None,
    )


def _reason(transition: TransitionDef, address: str) -> FieldDef:
    span = transition.at("reason")
    return FieldDef(
        id=REASON,
        address=f"{address}/ask/{REASON}",
        span=span,
        spans=MappingProxyType({"type": span}),
        type="longtext",
        label="Reason",
        required=True,
    )
