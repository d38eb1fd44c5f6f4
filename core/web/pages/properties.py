"""Inputs and texts of a `properties` field: one per row that defines a property.

The form's maker asks for the box, `form_input` for what came back, the page of a
record for the values in words. An input is called `field:kind:name`, in a line
`lines-4-field:kind:name`; what was sent is checked by the services whatever kind
stands there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from flask import render_template
from markupsafe import Markup

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Record
from core.fieldtypes import BadValue, Locale
from core.fieldtypes.number_texts import read_number, write_number
from core.fieldtypes.properties import Property
from core.services import Problem, Reader
from core.services.check_properties import (
    Properties,
    definitions_of,
    definitions_of_all,
)
from core.web.pages.inputs import input_name
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
    closed = field.name in maker.draft.state.readonly
    return _box(maker, field.name, defined, values, closed)


def line_properties(
    maker: FormMaker,
    entity: CompiledEntity,
    field: CompiledField,
    rows: Sequence[Mapping[str, Any]],
) -> list[Properties]:
    """The properties that each line of a draft can have."""
    above, empty = _draft(maker), dict.fromkeys(entity.fields)
    records = [
        (Record(entity.id, row.get("id"), _own(entity, {**empty, **row})), above)
        for row in rows
    ]
    return definitions_of_all(maker.reader.scene, entity, field, records)


def line_properties_box(
    maker: FormMaker, name: str, defined: Properties, values: Mapping[str, Any] | None
) -> Box:
    """The inputs of one line's properties and what they hold in words.

    name: of the line's input. `open`: whether something is to be seen to at once.
    """
    held = values or {}
    box = _box(maker, name, defined, held, closed=False)
    rows = box["properties"]
    missing = any(row["required"] and row["value"] == "" for row in rows)
    wrong = any(row["error"] for row in rows)
    box["text"] = line_words(defined, held, maker.screen.locale)
    return {**box, "open": missing or wrong, "bad": wrong}


def _box(
    maker: FormMaker,
    name: str,
    defined: Properties,
    values: Mapping[str, Any],
    closed: bool,
) -> Box:
    rows = [
        _input(maker, name, one, values.get(one.name), closed)
        for one in defined.values()
    ]
    return {
        "kind": "properties",
        "properties": rows,
        "signature": "/".join(row["name"] for row in rows),
    }


def properties_html(box: Box) -> str:
    """The inputs anew, for a form whose draft now has other properties."""
    return render_template("pages/_properties.html", box=box)


def _draft(maker: FormMaker) -> Record:
    screen = maker.screen
    return Record(screen.id, maker.draft.id, _own(screen.entity, maker.values))


def _own(entity: CompiledEntity, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without those of lines, which are drafts themselves."""
    return {n: v for n, v in values.items() if n not in entity.lines and n != "id"}


def _input(
    maker: FormMaker, owner: str, one: Property, value: Any, closed: bool
) -> Box:
    name = f"{owner}:{one.kind}:{one.name}"
    draft = maker.draft
    error = " ".join(
        problem.message
        for problem in draft.problems
        if problem.facts.get("property") == one.name
        and input_name(problem.field, problem.path, draft.sent.numbers) == owner
    )
    made: Box = {
        "name": name,
        "label": one.label,
        "required": one.required,
        "error": error,
        "readonly": closed,
        **_control(one, value, maker.screen.locale),
    }
    if name in maker.unread:
        made["value"] = draft.sent.raw[name][-1]
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
    field: CompiledField,
    label: str,
    locale: Locale,
    sent: Mapping[str, Sequence[str]],
    path: tuple[str | int, ...] = (),
    prefix: str = "",
) -> tuple[dict[str, Any], list[Problem]]:
    """The values that a form sent, and what could not be read of them.

    path: of the line they are in, `prefix` what its inputs begin with.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, texts in sent.items():
        owner, _, rest = key.partition(":")
        kind, _, name = rest.partition(":")
        if owner != field.name or not name:
            continue
        try:
            values[name] = _value(kind, texts[-1].strip(), locale)
        except BadValue as bad:
            message = f"{label}: {bad.message}."
            facts = {**bad.facts, "property": name, "input": prefix + key}
            problems.append(Problem(field.name, bad.code, message, path, facts=facts))
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


def line_words(
    defined: Properties, values: Mapping[str, Any] | None, locale: Locale
) -> str:
    """The properties of a line by their labels; an invitation where none is held."""
    told = [
        f"{one.label}: {_words(values[name], one, locale)}"
        for name, one in defined.items()
        if values and name in values
    ]
    return "; ".join(told) or (say("Fill in") if defined else "")


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
