"""Values whose definitions are rows: what the rows say, and how one value is checked.

Public: `PropertiesType` (value: dict of name -> text, int or bool), `Property` (one
definition), `property_of(values)` (a definition out of a row), `property_value`.
Checking never changes how a value reads as a text, so what expressions worked out
before it stays right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar

from core.diagnostics import did_you_mean
from core.expressions import types
from core.expressions.functions_properties import PLACES, WHOLE
from core.expressions.schema import EntitySchema
from core.expressions.storage_types import plain
from core.expressions.types import Kind, Type
from core.fieldtypes.base import (
    NEUTRAL,
    BadValue,
    FieldContext,
    FieldDef,
    Locale,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import complain
from core.fieldtypes.cleaning import kind_of, limited, shortened
from core.fieldtypes.documents import checked_document, read_document
from core.fieldtypes.opaque import DocumentType
from core.frozen import frozen
from core.source import PathText

#: What a row may say that its property is, and how people call it.
KINDS = MappingProxyType(
    {
        "text": "a text",
        "integer": "a whole number",
        "decimal": "a number",
        "boolean": "true or false",
        "date": "a day such as 2026-12-31",
        "choice": "one of its choices",
    }
)
#: The fields of a row that defines a property; the first two must be there.
NEEDED = ("name", "kind")
FURTHER = ("label", "required", "choices", "min", "max")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_TEXT = 4_000
_NAME = 120
_TRUTHS = MappingProxyType({"true": True, "false": False})


@frozen
class Property:
    """One property as its row defines it."""

    name: str
    kind: str
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None


class PropertiesType(DocumentType):
    """Values by name whose definitions are rows; each a text, number or truth value.

    A row that `defined_by` leads to says `name` and `kind` (a choice of text, integer,
    decimal, boolean, date, choice), and may say `label`, `required`, `choices` (one per
    line), `min` and `max`. Every write is checked against the rows; `answers['height']`
    reads one value, as what it is compared or reckoned with.
    """

    name: ClassVar[str] = "properties"
    keys: ClassVar[frozenset[str]] = frozenset({"defined_by"})
    required_keys: ClassVar[tuple[str, ...]] = ("defined_by",)

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.defined_by is not None:
            _check_rows(field, field.defined_by, ctx)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        given = read_document(raw) if isinstance(raw, str) else raw
        if not isinstance(given, Mapping):
            message = f"a map of properties is needed here, not {kind_of(given)}"
            raise BadValue("wrong_type", message)
        found = {name: _single(name, value) for name, value in given.items()}
        document = checked_document(found)
        return {k: v for k, v in document.items() if v not in (None, "")} or None

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.PROPERTIES

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        single = {"type": ["string", "number", "boolean", "null"]}
        return {"type": "object", "additionalProperties": single}

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("properties", {"defined_by": str(field.defined_by or "")})


def _single(name: object, value: object) -> object:
    """A value as it is kept: numbers with a point as text, like all exact numbers."""
    if not isinstance(name, str) or not name.strip() or len(name) > _NAME:
        message = f"'{shortened(str(name))}' is no name of a property"
        raise BadValue("wrong_type", message)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        if not value.is_finite() or not -30 < value.adjusted() < 30:
            raise BadValue("wrong_type", f"'{shortened(name)}' is no usable number")
        return plain(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    message = f"the property '{shortened(name)}' has no single value"
    raise BadValue("wrong_type", message, property=name)


def property_of(values: Mapping[str, Any]) -> Property | None:
    """The definition that a row's values give; None without name or kind."""
    name, kind = values.get("name"), values.get("kind")
    if not name or not isinstance(kind, str) or kind not in KINDS:
        return None
    written = str(values.get("choices") or "").replace("\n", ",").split(",")
    choices = dict.fromkeys(one.strip() for one in written if one.strip())
    return Property(
        name,
        kind,
        values.get("label") or name,
        values.get("required") is True,
        tuple(choices),
        _limit(values.get("min")),
        _limit(values.get("max")),
    )


def _limit(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def property_value(one: Property, value: Any) -> Any:
    """The value as it is kept under its definition; BadValue says what is wrong."""
    text = "true" if value is True else "false" if value is False else str(value)
    if one.kind == "boolean":
        if text not in _TRUTHS:
            raise _not(one, text)
        return _TRUTHS[text]
    if isinstance(value, bool):
        raise _not(one, text)
    if one.kind in ("integer", "decimal"):
        return _number(one, text)
    if one.kind == "date":
        return _day(one, text)
    if one.kind == "choice" and text not in one.choices:
        help_ = did_you_mean(text, one.choices)
        given = f"'{shortened(text)}' is no choice of {one.label}"
        message = f"{given}; {help_}" if help_ else given
        raise BadValue("not_offered", message, property=one.name)
    return limited(text, _TEXT)


def _number(one: Property, text: str) -> int | str:
    whole = one.kind == "integer"
    if not (_WHOLE if whole else _NUMBER).fullmatch(text):
        raise _not(one, text)
    number = Decimal(text)
    for limit, word in ((one.least, "least"), (one.most, "most")):
        if limit is not None and (
            number < limit if word == "least" else number > limit
        ):
            message = f"{one.label} is at {word} {plain(limit)}"
            raise BadValue(f"at_{word}", message, property=one.name)
    # 007 as a number would read otherwise than what was given.
    return int(text) if whole and str(int(text)) == text else text


def _day(one: Property, text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError:
        raise _not(one, text) from None
    return text


def _not(one: Property, text: str) -> BadValue:
    """Says what the property is; a number may also have too many digits."""
    most = {
        "integer": f" of at most {WHOLE} digits",
        "decimal": f" of at most 12 digits and {PLACES} places",
    }
    wanted = KINDS[one.kind] + most.get(one.kind, "")
    message = f"{one.label} is {wanted}, not '{shortened(text)}'"
    return BadValue("wrong_type", message, property=one.name)


# -- definitions ---------------------------------------------------------------------


def _check_rows(field: FieldDef, path: PathText, ctx: FieldContext) -> None:
    """The path has to lead over links to rows that define (E402, E410, E406)."""
    entity: str | None = ctx.entity
    steps = path.text.split(".")
    for number, step in enumerate(steps, 1):
        schema = ctx.schema.entity(entity) if entity is not None else None
        if schema is None:
            return
        member = schema.member(step)
        if member is None:
            help_ = did_you_mean(step, schema.names())
            message = f"'{entity}' has no '{step}'"
            complain(ctx, field, "E402", message, "defined_by", help_)
            return
        if number == len(steps):
            rows = ctx.schema.entity(member.target or "")
            if not member.to_many:
                message = f"'{path}' leads to no rows"
                complain(ctx, field, "E406", message, "defined_by")
            elif rows is not None:
                _check_definitions(field, rows, ctx)
        elif member.type.kind is not Kind.LINK:
            message = f"'{step}' in '{path}' is no link"
            complain(ctx, field, "E410", message, "defined_by")
            return
        entity = member.target


def _check_definitions(field: FieldDef, rows: EntitySchema, ctx: FieldContext) -> None:
    """The rows say name and kind, and what else they say has the right type."""
    help_ = f"kind is a choice of {', '.join(KINDS)}"
    for name in NEEDED:
        if rows.member(name) is None:
            message = f"a row of '{rows.id}' defines no property: it has no '{name}'"
            complain(ctx, field, "E402", message, "defined_by", help_)
            return
    wrong = [n for n in (*NEEDED, *FURTHER) if not _fits(rows, n)]
    for name in wrong:
        member = rows.member(name)
        given = "" if member is None else f", which is {member.type}"
        message = f"'{rows.id}' cannot define properties by its '{name}'{given}"
        complain(ctx, field, "E406", message, "defined_by", _WANTED.get(name, help_))


_WANTED = MappingProxyType(
    {
        "name": "name is a text",
        "label": "label is a text",
        "required": "required is a boolean",
        "choices": "choices is a text: one per line, or with commas between",
        "min": "min is a number",
        "max": "max is a number",
    }
)


def _fits(rows: EntitySchema, name: str) -> bool:
    member = rows.member(name)
    if member is None:
        return True
    kind = member.type.kind
    if name == "kind":
        return kind is Kind.CHOICE and set(member.type.choices) <= set(KINDS)
    if name == "required":
        return kind is Kind.BOOLEAN
    if name in ("min", "max"):
        return kind in types.NUMBERS
    return kind is Kind.TEXT
