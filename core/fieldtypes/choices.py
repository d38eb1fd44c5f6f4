"""Fields whose values are keys of a list the author wrote.

Public: `ChoiceType` (value: the key), `MultiChoiceType` (value: tuple of keys in the
list's order, None if there is none), `Choice`, `choices_of(field)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa

from core.diagnostics import closest
from core.expressions import types
from core.expressions.storage_types import ChoiceSet, code_point_text
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
    Coercer,
    Conversion,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    Method,
    Safety,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import complain
from core.fieldtypes.cleaning import kind_of, shortened
from core.fieldtypes.spec import ChoiceDef
from core.source import ExprText, Map

# Keys are names, which have at most 40 characters.
KEY = 40


class Choice(NamedTuple):
    """One value of a list; `rank` counts from 0 in the order written unless given."""

    key: str
    label: str
    color: str | None = None
    rank: int = 0
    when: ExprText | None = None
    deprecated: bool = False
    hidden: bool = False


def choices_of(field: FieldDef) -> tuple[Choice, ...]:
    """The values of a resolved choice field in the order written."""
    if not isinstance(field.choices, Mapping):
        return ()
    found = []
    for place, (key, body) in enumerate(field.choices.items()):
        if isinstance(body, ChoiceDef):
            label = body.label or label_of(key)
            rank = place if body.rank is None else body.rank
            old = body.deprecated is not None
            found.append(
                Choice(key, label, body.color, rank, body.when, old, body.hidden)
            )
        else:
            found.append(Choice(key, body, None, place))
    return tuple(found)


def label_of(key: str) -> str:
    """The label of what has none: `close_date` -> Close date."""
    text = key.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _shown(choice: Choice, hints: TextHints) -> str:
    label = None if hints.label is None else hints.label(choice.key)
    return label or choice.label


class ChosenType(FieldType):
    """What one choice and several have in common: the list of values."""

    keys: ClassVar[frozenset[str]] = frozenset({"choices", "ordered"})
    required_keys: ClassVar[tuple[str, ...]] = ("choices",)

    def resolve(self, field: FieldDef, ctx: FieldContext) -> FieldDef:
        if not isinstance(field.choices, str):
            return field
        shared = ctx.choices(field.choices)
        if shared is None:
            return field
        return replace(
            field,
            choices=Map(shared.values),
            ordered=field.ordered or shared.ordered,
        )

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        if isinstance(field.choices, str):
            if not ctx.diagnostics.is_broken(f"choices {field.choices}"):
                message = f"there is no list of choices '{field.choices}'"
                complain(ctx, field, "E301", message, "choices")
            return
        super().check(field, ctx)
        unread = ctx.diagnostics.speaks_of(field.at("choices"))
        if field.gave("choices") and not field.choices and not unread:
            message = "a list of choices needs at least one value"
            complain(ctx, field, "E205", message, "choices", "write 'key: Label'")
        ranks: dict[int, str] = {}
        for choice in choices_of(field):
            if choice.rank in ranks and field.ordered:
                message = (
                    f"'{choice.key}' has the rank of '{ranks[choice.rank]}', so an "
                    "ordered list has no order"
                )
                complain(ctx, field, "E208", message, "choices", "give another rank")
            ranks[choice.rank] = choice.key

    def choice_type(self, field: FieldDef) -> Type:
        """The type of one key; keys in rank order."""
        ranked = sorted(choices_of(field), key=lambda choice: choice.rank)
        return types.choice(*(c.key for c in ranked), ordered=field.ordered)

    def key_of(self, text: str, field: FieldDef, hints: TextHints = NO_HINTS) -> str:
        """The key that is meant by a key or a label, however it is capitalised."""
        choices = choices_of(field)
        for choice in choices:
            if choice.key == text:
                return text
        wanted = text.casefold()
        for choice in choices:
            if wanted in (choice.key.casefold(), _shown(choice, hints).casefold()):
                return choice.key
        raise unknown(text, choices)

    def options(self, field: FieldDef) -> tuple[tuple[str, str, str | None], ...]:
        """Key, label and colour of each value that a form offers."""
        return tuple((c.key, c.label, c.color) for c in choices_of(field))

    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        renamed = new.values_was
        keys = source.to_json(value, old)
        if isinstance(keys, list):
            return self.coerce([renamed.get(key, key) for key in keys], new)
        key = keys if isinstance(keys, str) else source.to_text(value, old, NEUTRAL)
        return self.from_text(renamed.get(key, key), new, NEUTRAL)

    def _lost(self, old: FieldDef, new: FieldDef) -> list[str]:
        """The keys of the old list that the new one does not have."""
        kept = {c.key for c in choices_of(new)} | set(new.values_was)
        return [c.key for c in choices_of(old) if c.key not in kept]

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if gone := self._lost(old, new):
            note = f"the values {', '.join(gone)} are archived and become empty"
            return Conversion(Safety.LOSSY, Method.RECODE, note)
        if new.values_was:
            return Conversion(Safety.SAFE, Method.RECODE, "keys are renamed")
        return Conversion(Safety.SAFE, Method.KEEP)


def unknown(text: str, choices: tuple[Choice, ...]) -> BadValue:
    """The BadValue of a key that the list does not have, with the nearest one."""
    keys = [choice.key for choice in choices]
    near = closest(text, keys) or closest(text.casefold(), keys)
    if near:
        advice = f"did you mean '{near[0]}'?"
    else:
        more = ", …" if len(keys) > 10 else ""
        advice = f"it is one of {', '.join(keys[:10])}{more}"
    message = f"'{shortened(text)}' is not one of the choices; {advice}"
    nearest = near[0] if near else None
    return BadValue("unknown_choice", message, value=text, nearest=nearest)


class ChoiceType(ChosenType):
    """One key of a list."""

    name: ClassVar[str] = "choice"
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "in", "empty")
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "multichoice"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, code_point_text(KEY)),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return self.choice_type(field)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        return self.coercer(field, locale)(raw)

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Coercer:
        keys = {choice.key: choice.key for choice in choices_of(field)}

        def coerce(raw: object) -> Value:
            if raw is None or raw == "":
                return None
            if not isinstance(raw, str):
                message = f"a key of the choices is needed here, not {kind_of(raw)}"
                raise BadValue("wrong_type", message)
            key = keys.get(raw) or keys.get(raw.strip())
            if key is None and raw.strip():
                raise unknown(raw.strip(), choices_of(field))
            return key

        return coerce

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "enum": [c.key for c in choices_of(field)]}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        if value is None:
            return ""
        found = next((c for c in choices_of(field) if c.key == value), None)
        return str(value) if found is None else _shown(found, hints)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        text = text.strip()
        return self.key_of(text, field) if text else None

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("select", {"options": self.options(field)})


class MultiChoiceType(ChosenType):
    """Any number of keys of a list."""

    name: ClassVar[str] = "multichoice"
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty")
    sortable: ClassVar[bool] = False
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "choice"})
    refused_keys: ClassVar[frozenset[str]] = frozenset({"unique"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, ChoiceSet()),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.list_of(self.choice_type(field))

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None or raw == "":
            return None
        parts = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(parts, list | tuple | set | frozenset):
            message = f"a list of keys is needed here, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        choices = choices_of(field)
        keys = {choice.key for choice in choices}
        wanted = set()
        for part in parts:
            key = part.strip() if isinstance(part, str) else part
            if not isinstance(key, str):
                raise BadValue("wrong_type", f"a key is a text, not {kind_of(part)}")
            if key and key not in keys:
                raise unknown(key, choices)
            wanted.add(key)
        return tuple(c.key for c in choices if c.key in wanted) or None

    def _json(self, value: Value, field: FieldDef) -> object:
        return list(value)

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        keys = [choice.key for choice in choices_of(field)]
        items = {"type": "string", "enum": keys}
        return {"type": "array", "items": items, "uniqueItems": True}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The labels with `; ` between them, so that labels may have commas."""
        chosen = frozenset(value or ())
        found = [_shown(c, hints) for c in choices_of(field) if c.key in chosen]
        return "; ".join(found)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        whole = text.strip()
        if not whole:
            return None
        separator = ";" if ";" in whole else ","
        try:
            # A label may itself have a comma or semicolon.
            keys = [self.key_of(whole, field)]
        except BadValue:
            parts = (part.strip() for part in whole.split(separator))
            keys = [self.key_of(part, field) for part in parts if part]
        return self.coerce(keys, field, locale)

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.type == "choice" and not self._lost(old, new):
            return Conversion(Safety.SAFE, Method.RECODE)
        return super().conversion_from(old, new)

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("multiselect", {"options": self.options(field)})
