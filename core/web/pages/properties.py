"""Inputs and texts of a `properties` field: one per row that defines a property.

The form's maker asks for the box, `form_input` for what came back, the page of a
record for the values in words. An input is called `field:kind:name`; what was sent is
checked by the services whatever kind stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from flask import render_template
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Record
from core.fieldtypes import BadValue, Locale
from core.fieldtypes.number_texts import read_number, write_number
from core.fieldtypes.properties import Property
from core.services import Problem, Reader
from core.services.check_properties import definitions_of
from core.web.wording import say

if TYPE_CHECKING:
    from core.web.pages.form_model import FormMaker

Box = dict[str, Any]
_NUMBERS = frozenset({"integer", "decimal"})


def is_properties(field: CompiledField) -> bool:
    """Whether values of the field are defined by rows."""
    return field.type.name == "properties"


def input_of_property(name: str) -> str:
    """The field that an input belongs to."""
    return name.partition(":")[0]


# -- the form ------------------------------------------------------------------------


def properties_box(maker: FormMaker, field: CompiledField) -> Box:
    """The inputs of all properties that the draft can have."""
    defined = definitions_of(
        maker.reader.scene, maker.screen.entity, field, _draft(maker)
    )
    values = maker.values.get(field.name) or {}
    rows = [_input(maker, field, one, values.get(one.name)) for one in defined.values()]
    return {
        "kind": "properties",
        "properties": rows,
        "signature": "/".join(row["name"] for row in rows),
    }


def properties_html(maker: FormMaker, name: str) -> str:
    """The inputs anew, for a form whose draft now has other properties."""
    box = properties_box(maker, maker.screen.entity.fields[name])
    return render_template("pages/_properties.html", box=box)


def _draft(maker: FormMaker) -> Record:
    screen = maker.screen
    values = {n: v for n, v in maker.values.items() if n not in screen.entity.lines}
    return Record(screen.id, maker.draft.id, values)


def _input(maker: FormMaker, field: CompiledField, one: Property, value: Any) -> Box:
    name = f"{field.name}:{one.kind}:{one.name}"
    error = " ".join(
        problem.message
        for problem in maker.draft.problems
        if problem.field == field.name and problem.facts.get("property") == one.name
    )
    made: Box = {
        "name": name,
        "label": one.label,
        "required": one.required,
        "error": error,
        "readonly": field.name in maker.draft.state.readonly,
        **_control(one, value, maker.screen.locale),
    }
    if name in maker.draft.unread():
        made["value"] = maker.draft.sent.raw[name][-1]
    return made


def _control(one: Property, value: Any, locale: Locale) -> Box:
    text = "" if value is None else str(value)
    if one.kind in _NUMBERS:
        shown = text
        if text:
            try:
                shown = write_number(Decimal(text), locale)
            except ArithmeticError:
                shown = text
        return {
            "kind": "number" if one.kind == "integer" else "decimal",
            "value": shown,
        }
    if one.kind == "boolean":
        held = "" if value is None else "1" if value is True else "0"
        options = [("1", say("yes")), ("0", say("no"))]
        return {"kind": "select", "options": options, "value": held}
    if one.kind == "choice":
        options = [(key, key) for key in dict.fromkeys((*one.choices, text)) if key]
        return {"kind": "select", "options": options, "value": text}
    return {"kind": "date" if one.kind == "date" else "text", "value": text}


def read_properties(
    field: CompiledField, label: str, locale: Locale, form: MultiDict[str, str]
) -> tuple[dict[str, Any], list[Problem]]:
    """The values that a form sent, and what could not be read of them."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key in form:
        owner, _, rest = key.partition(":")
        kind, _, name = rest.partition(":")
        if owner != field.name or not name:
            continue
        text = form.getlist(key)[-1].strip()
        try:
            values[name] = _value(kind, text, locale)
        except BadValue as bad:
            message = f"{label}: {bad.message}."
            facts = {**bad.facts, "property": name, "input": key}
            problems.append(Problem(field.name, bad.code, message, facts=facts))
    return {n: v for n, v in values.items() if v not in (None, "")}, problems


def _value(kind: str, text: str, locale: Locale) -> Any:
    if kind in _NUMBERS and text:
        return read_number(text, locale)
    if kind == "boolean" and text:
        return text == "1"
    return text


# -- reading -------------------------------------------------------------------------


def in_words(value: Mapping[str, Any], locale: Locale) -> str:
    """All properties in one line, by their names."""
    return "; ".join(f"{n}: {_words(v, None, locale)}" for n, v in value.items())


def labelled(
    reader: Reader, entity: CompiledEntity, field: CompiledField, record: Record
) -> list[tuple[str, str]]:
    """Label and text of each property that a record holds, in the rows' order."""
    values = record.values.get(field.name) or {}
    copy = Record(entity.id, record.id, dict(record.values))
    defined = definitions_of(reader.scene, entity, field, copy) if values else {}
    locale = Locale(reader.scene.actor.language, reader.scene.actor.zone)
    names = [
        *(n for n in defined if n in values),
        *(n for n in values if n not in defined),
    ]
    return [
        (
            defined[n].label if n in defined else n,
            _words(values[n], defined.get(n), locale),
        )
        for n in names
    ]


def labelled_html(pairs: list[tuple[str, str]]) -> Markup:
    """The pairs as a list of terms."""
    rows = (Markup("<dt>{}</dt><dd>{}</dd>").format(*pair) for pair in pairs)
    return Markup('<dl class="i-kv">{}</dl>').format(Markup("").join(rows))


def _words(value: Any, one: Property | None, locale: Locale) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    kind = None if one is None else one.kind
    try:
        if kind == "date":
            return str(format_date(date.fromisoformat(value), "medium", locale.babel()))
        if kind in _NUMBERS:
            return write_number(Decimal(value), locale)
    except (ArithmeticError, ValueError, TypeError):
        # Kept under an earlier definition; it is told as it is.
        pass
    return str(value)
