"""Fields that are true or false.

Public: `BooleanType` (value: bool; None only with `three_state`).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar

import sqlalchemy as sa

from core.expressions import types
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
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
from core.fieldtypes.cleaning import kind_of

# Yes and no by language; the language data of the locale library has neither.
WORDS = MappingProxyType(
    {
        "ar": ("نعم", "لا"),
        "cs": ("ano", "ne"),
        "da": ("ja", "nej"),
        "de": ("ja", "nein"),
        "en": ("yes", "no"),
        "es": ("sí", "no"),
        "fi": ("kyllä", "ei"),
        "fr": ("oui", "non"),
        "it": ("sì", "no"),
        "ja": ("はい", "いいえ"),
        "nl": ("ja", "nee"),
        "pl": ("tak", "nie"),
        "pt": ("sim", "não"),
        "ru": ("да", "нет"),
        "sv": ("ja", "nej"),
        "tr": ("evet", "hayır"),  # noqa: RUF001 - a Turkish word
        "uk": ("так", "ні"),
        "zh": ("是", "否"),
    }
)
TRUE = frozenset({"true", "1", "yes", "y", "on", "x", "✓", "wahr", "vrai", "t"})
FALSE = frozenset({"false", "0", "no", "n", "off", "-", "falsch", "faux", "f"})


class BooleanType(FieldType):
    """True or false; without `three_state` nothing given is false."""

    name: ClassVar[str] = "boolean"
    keys: ClassVar[frozenset[str]] = frozenset({"three_state"})
    operators: ClassVar[tuple[str, ...]] = ("is",)
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "integer", "choice"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        if field.three_state:
            return (sa.Column(name, sa.Boolean()),)
        no = sa.false()
        return (sa.Column(name, sa.Boolean(), nullable=False, server_default=no),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.BOOLEAN

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.gave("required") and not field.three_state:
            message = "a boolean is never empty, so 'required' says nothing"
            help_ = "add 'three_state: true' if it must be answered"
            complain(ctx, field, "E208", message, "required", help_)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if type(raw) is bool:
            return raw
        if raw is None or raw == "":
            return None if field.three_state else False
        if isinstance(raw, str):
            word = raw.strip().casefold()
            if word in TRUE:
                return True
            if word in FALSE:
                return False
            if not word:
                return None if field.three_state else False
        elif isinstance(raw, int) and raw in (0, 1):
            return bool(raw)
        message = f"true or false is needed here, not {kind_of(raw)}"
        raise BadValue("not_a_boolean", message)

    def store(self, value: Value, name: str, field: FieldDef) -> dict[str, object]:
        return {name: False if value is None and not field.three_state else value}

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "boolean"}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        if value is None:
            return ""
        yes, no = WORDS.get(locale.babel().language, WORDS["en"])
        return yes if value else no

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        yes, no = WORDS.get(locale.babel().language, WORDS["en"])
        word = text.strip().casefold()
        if word and word in (yes, no):
            return word == yes
        return self.coerce(text, field, locale)

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("checkbox", {"three_state": field.three_state})

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.three_state == new.three_state:
            return Conversion(Safety.SAFE, Method.KEEP)
        if new.three_state:
            return Conversion(Safety.SAFE, Method.ALTER)
        return Conversion(Safety.LOSSY, Method.RECODE, "empty values become false")
