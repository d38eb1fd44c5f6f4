"""Fields of plain and formatted text.

Public: `TextType` (base of all one-line texts as well), `LongTextType`, `RichTextType`.
The value is a str in Unicode normal form C; an empty one is None.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa

from core.expressions import types
from core.expressions.storage_types import code_point_text
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    BadValue,
    Coercer,
    Conversion,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    Method,
    Safety,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import complain
from core.fieldtypes.cleaning import clean_line, clean_text, limited, shortened

LINE = 255
TEXT = 1_000_000
MOST_LINE = 4_000

# Types whose value is a short text in one column.
LINES = frozenset(
    {"text", "email", "phone", "url", "color", "barcode", "iban", "tax_id", "number"}
    | {"choice", "geo", "recurrence"}
)
PLAIN = frozenset(
    {"integer", "decimal", "percent", "money", "quantity", "boolean", "date"}
    | {"datetime", "time", "duration", "rating"}
)


class LineType(FieldType):
    """The base of types whose value is one line of text."""

    operators: ClassVar[tuple[str, ...]] = (
        "contains",
        "starts",
        "is",
        "is_not",
        "in",
        "empty",
    )
    text_like: ClassVar[bool] = True
    # The longest value; `length` makes it shorter or longer where it is a key.
    most: ClassVar[int] = LINE
    widget_kind: ClassVar[str] = "text"
    json_format: ClassVar[str | None] = None

    def length(self, field: FieldDef) -> int:
        """How many characters a value may have."""
        own = "length" in self.keys and field.length is not None
        return field.length if own and field.length else self.most

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, code_point_text(self.length(field))),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.TEXT

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        """The checked, canonical form of a clean text; BadValue if it has none."""
        return text

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None:
            return None
        text = clean_line(raw)
        if text is None:
            return None
        text = limited(self.normalize(text, field, locale), self.length(field))
        if field.pattern is not None and not _fits(text, field.pattern):
            raise _mismatch(text, field)
        return text

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Coercer:
        normalize, most = self.normalize, self.length(field)
        pattern = field.pattern

        def coerce(raw: object) -> Value:
            text = None if raw is None else clean_line(raw)
            if text is None:
                return None
            text = normalize(text, field, locale)
            if len(text) > most:
                limited(text, most)
            if pattern is not None and not _fits(text, pattern):
                raise _mismatch(text, field)
            return text

        return coerce

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        schema: dict[str, object] = {"type": "string", "maxLength": self.length(field)}
        if self.json_format is not None:
            schema["format"] = self.json_format
        if field.pattern is not None:
            schema["pattern"] = f"^(?:{field.pattern})$"
        return schema

    def widget(self, field: FieldDef) -> WidgetSpec:
        attributes: dict[str, object] = {"maxlength": self.length(field)}
        if field.pattern is not None:
            attributes["pattern"] = field.pattern
        if field.placeholder is not None:
            attributes["placeholder"] = field.placeholder
        return WidgetSpec(self.widget_kind, attributes)

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        before, after = self.length(old), self.length(new)
        if after == before:
            return Conversion(Safety.SAFE, Method.KEEP)
        if after > before:
            return Conversion(Safety.SAFE, Method.ALTER)
        note = f"texts of more than {after} characters are archived and become empty"
        return Conversion(Safety.LOSSY, Method.RECODE, note)


class TextType(LineType):
    """One line of text of up to `length` characters, optionally matching `pattern`."""

    name: ClassVar[str] = "text"
    keys: ClassVar[frozenset[str]] = frozenset({"length", "pattern"})
    safe_from: ClassVar[frozenset[str]] = PLAIN
    lossy_from: ClassVar[frozenset[str]] = frozenset({"longtext", "richtext"})

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.length is not None and not 1 <= field.length <= MOST_LINE:
            message = f"a text has 1 to {MOST_LINE} characters, not {field.length}"
            remedy = "take the type longtext for more" if field.length > 0 else None
            complain(ctx, field, "E209", message, "length", remedy)
        if field.pattern is not None:
            _check_pattern(field, field.pattern, ctx)

    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        return self.coerce(plain_form(value, source, old), new)

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.type in LINES and old.type != self.name:
            if self.length(new) >= LINE:
                return Conversion(Safety.SAFE, Method.RECODE)
            note = f"texts over {self.length(new)} characters become empty"
            return Conversion(Safety.LOSSY, Method.RECODE, note)
        return super().conversion_from(old, new)


class LongTextType(FieldType):
    """Several lines of text; the line breaks stay, `\\n` each."""

    name: ClassVar[str] = "longtext"
    keys: ClassVar[frozenset[str]] = frozenset({"length"})
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty")
    text_like: ClassVar[bool] = True
    safe_from: ClassVar[frozenset[str]] = LINES | PLAIN | {"richtext"}
    widget_kind: ClassVar[str] = "textarea"

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, code_point_text(None)),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.TEXT

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.length is not None and not 1 <= field.length <= TEXT:
            message = f"a {self.name} has 1 to {TEXT} characters, not {field.length}"
            complain(ctx, field, "E209", message, "length")

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        text = None if raw is None else clean_text(raw)
        return None if text is None else limited(text, field.length or TEXT)

    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        return self.coerce(plain_form(value, source, old), new)

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "maxLength": field.length or TEXT}

    def widget(self, field: FieldDef) -> WidgetSpec:
        attributes: dict[str, object] = {"maxlength": field.length or TEXT}
        if field.placeholder is not None:
            attributes["placeholder"] = field.placeholder
        return WidgetSpec(self.widget_kind, attributes)

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if (new.length or TEXT) >= (old.length or TEXT):
            return Conversion(Safety.SAFE, Method.KEEP)
        note = f"texts over {new.length} characters are archived and become empty"
        return Conversion(Safety.LOSSY, Method.RECODE, note)


class RichTextType(LongTextType):
    """Formatted text as clean HTML: known tags only, no scripts, no foreign styles."""

    name: ClassVar[str] = "richtext"
    safe_from: ClassVar[frozenset[str]] = frozenset()
    text_like: ClassVar[bool] = False
    sortable: ClassVar[bool] = False
    widget_kind: ClassVar[str] = "richtext"

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        text = super().coerce(raw, field, locale)
        if text is None:
            return None
        import nh3

        cleaned = nh3.clean(text, link_rel="noopener noreferrer nofollow")
        # Cleaning may undo the normal form, and may leave nothing at all.
        return super().coerce(cleaned, field, locale)

    def to_text(
        self, value: Value, field: FieldDef, locale: Locale, *_hints: object
    ) -> str:
        """The text without its formatting, one line per block."""
        return "" if value is None else plain_of(value)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        """HTML is cleaned; a text without any tag becomes paragraphs."""
        from html import escape

        plain = clean_text(text)
        if plain is None or ("<" in plain and ">" in plain):
            return self.coerce(plain, field, locale)
        blocks = (escape(block, quote=False) for block in plain.split("\n\n"))
        html = "".join(f"<p>{block.replace(chr(10), '<br>')}</p>" for block in blocks)
        return self.coerce(html, field, locale)

    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        if isinstance(source, RichTextType):
            return self.coerce(value, new)
        return self.from_text(plain_form(value, source, old), new, NEUTRAL)

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.type in LINES | {"longtext"}:
            note = "texts become paragraphs; what looks like HTML is cleaned"
            return Conversion(Safety.SAFE, Method.RECODE, note)
        return super().conversion_from(old, new)


def plain_form(value: Value, source: FieldType, field: FieldDef) -> str:
    """A value of any type as a text: the API's form where that is one line."""
    if isinstance(source, RichTextType):
        return plain_of(value)
    form = source.to_json(value, field)
    if isinstance(form, bool):
        return "true" if form else "false"
    if isinstance(form, str | int):
        return str(form)
    return source.to_text(value, field, NEUTRAL)


def plain_of(html: str) -> str:
    """Clean HTML as plain text; blocks and `<br>` become line breaks."""
    import re
    from html import unescape

    text = re.sub(r"(?i)<br\s*/?>|</(?:p|div|li|h[1-6]|tr|blockquote)>", "\n", html)
    lines = unescape(re.sub(r"<[^>]*>", "", text)).split("\n")
    return "\n".join(line.strip() for line in lines).strip()


def _fits(text: str, pattern: str) -> bool:
    from core.expressions.patterns import matches

    return matches(text, pattern)


def _check_pattern(field: FieldDef, pattern: str, ctx: FieldContext) -> None:
    from core.expressions.patterns import BadPattern, checked_pattern

    try:
        checked_pattern(pattern)
    except BadPattern as bad:
        complain(ctx, field, "E210", f"'pattern' is not usable: {bad}", "pattern")


def _mismatch(text: str, field: FieldDef) -> BadValue:
    message = (
        f"'{shortened(text)}' does not have the form that is asked for "
        f"({field.help or field.pattern})"
    )
    return BadValue("pattern", message, pattern=field.pattern, value=text)
