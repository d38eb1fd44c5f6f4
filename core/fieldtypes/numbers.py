"""Fields of whole and exact numbers.

Public: `IntegerType` (value: int), `DecimalType`, `PercentType` (value: Decimal), and
`ExactType`, the base of all exact numbers. Floats never occur.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa

from core.expressions import types
from core.expressions.storage_types import ExactDecimal
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
from core.fieldtypes.limits import check_limits, limits_of
from core.fieldtypes.number_texts import (
    MOST_DIGITS,
    MOST_PLACES,
    exact,
    plain_number,
    quantized,
    read_number,
    write_number,
)

COMPARED = ("is", "is_not", "lt", "gt", "between", "in", "empty")
LEAST_INTEGER = -(2**63)
MOST_INTEGER = 2**63 - 1


class IntegerType(FieldType):
    """A whole number of 64 bits."""

    name: ClassVar[str] = "integer"
    keys: ClassVar[frozenset[str]] = frozenset({"min", "max"})
    operators: ClassVar[tuple[str, ...]] = COMPARED
    safe_from: ClassVar[frozenset[str]] = frozenset({"rating"})
    lossy_from: ClassVar[frozenset[str]] = frozenset(
        {"text", "decimal", "percent", "money", "quantity", "number", "barcode"}
    )

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, sa.BigInteger()),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        limits = limits_of(self, field)
        if limits is None or limits.least is None or limits.most is None:
            return types.INTEGER
        widest = max(abs(limits.least), abs(limits.most))
        return types.INTEGER.sized(max(len(str(widest)), 1), 0)

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        check_limits(self, field, ctx)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        return self.coercer(field, locale)(raw)

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Coercer:
        limits = limits_of(self, field)

        def coerce(raw: object) -> Value:
            value = raw if type(raw) is int else _whole(exact(raw))
            if value is None:
                return None
            if not LEAST_INTEGER <= value <= MOST_INTEGER:
                message = (
                    f"the number is too large; whole numbers lie between "
                    f"{LEAST_INTEGER} and {MOST_INTEGER}"
                )
                raise BadValue("too_large", message)
            return value if limits is None else limits.check(value, self, field)

        return coerce

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        schema: dict[str, object] = {"type": "integer", "format": "int64"}
        limits = limits_of(self, field)
        if limits is not None and limits.least is not None:
            schema["minimum"] = limits.least
        if limits is not None and limits.most is not None:
            schema["maximum"] = limits.most
        return schema

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        return "" if value is None else write_number(Decimal(value), locale)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        return self.coerce(read_number(text, locale), field, locale)

    def widget(self, field: FieldDef) -> WidgetSpec:
        limits = limits_of(self, field)
        attributes: dict[str, object] = {"step": 1, "places": 0}
        if limits is not None:
            attributes.update(bounds_of(limits.least, limits.most, str))
        return WidgetSpec("number", attributes)


def bounds_of(least: Value, most: Value, write: Any) -> dict[str, object]:
    """`min` and `max` of a widget, where there are such."""
    bounds = {"min": least, "max": most}
    return {key: write(value) for key, value in bounds.items() if value is not None}


def _whole(number: Decimal | None) -> int | None:
    if number is None:
        return None
    # The size first: an integer of millions of digits must never be made.
    if number.adjusted() > MOST_DIGITS or number != number.to_integral_value():
        shown = plain_number(number) if number.adjusted() <= MOST_DIGITS else "it"
        message = f"a whole number is needed here, {shown} is none"
        raise BadValue("not_whole", message, value=shown)
    return int(number)


class ExactType(FieldType):
    """The base of exact numbers with `digits` in all, `places` behind the point."""

    operators: ClassVar[tuple[str, ...]] = COMPARED
    default_digits: ClassVar[int] = 18
    default_places: ClassVar[int] = 4

    def size(self, field: FieldDef) -> tuple[int, int]:
        """Digits and places of the column."""
        places = self.default_places if field.places is None else field.places
        return field.digits or self.default_digits, places

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, ExactDecimal(*self.size(field))),)

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        digits, places = self.size(field)
        if not 1 <= digits <= MOST_DIGITS:
            message = f"a number has 1 to {MOST_DIGITS} digits, not {digits}"
            complain(ctx, field, "E209", message, "digits")
        elif not 0 <= places <= MOST_PLACES:
            message = f"a number has 0 to {MOST_PLACES} places, not {places}"
            complain(ctx, field, "E209", message, "places")
        elif places > digits:
            message = f"{places} places do not fit into {digits} digits"
            complain(ctx, field, "E208", message, "places", "allow more 'digits'")
        else:
            check_limits(self, field, ctx)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        return self.coercer(field, locale)(raw)

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Coercer:
        digits, places = self.size(field)
        limits = limits_of(self, field)
        most = Decimal(10) ** (digits - places)
        least = most.copy_negate()

        def coerce(raw: object) -> Value:
            value = exact(raw)
            if value is None:
                return None
            if not least < value < most:
                raise _too_many_digits(value, digits - places)
            exponent = value.as_tuple().exponent
            if isinstance(exponent, int) and -exponent > places:
                value = _fitting(value, places)
            return value if limits is None else limits.check(value, self, field)

        return coerce

    def quantize(
        self, value: Value, field: FieldDef, places: int | None = None
    ) -> Value:
        if value is None:
            return None
        digits, own = self.size(field)
        wanted = own if places is None else min(places, own)
        return quantized(Decimal(value), digits - (own - wanted), wanted)

    def _json(self, value: Value, field: FieldDef) -> object:
        return plain_number(value)

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        digits, places = self.size(field)
        whole = f"[0-9]{{1,{max(digits - places, 1)}}}"
        pattern = rf"^-?{whole}(\.[0-9]{{1,{places}}})?$" if places else f"^-?{whole}$"
        return {"type": "string", "format": "decimal", "pattern": pattern}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        if value is None:
            return ""
        least = field.places if hints.places is None else hints.places
        return write_number(value, locale, least or 0)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        return self.coerce(read_number(text, locale), field, locale)

    def widget(self, field: FieldDef) -> WidgetSpec:
        digits, places = self.size(field)
        attributes: dict[str, object] = {"digits": digits, "places": places}
        limits = limits_of(self, field)
        if limits is not None:
            attributes.update(bounds_of(limits.least, limits.most, plain_number))
        return WidgetSpec("number", attributes)

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        (old_digits, old_places), (digits, places) = self.size(old), self.size(new)
        if (old_digits, old_places) == (digits, places):
            return Conversion(Safety.SAFE, Method.KEEP)
        if places >= old_places and digits - places >= old_digits - old_places:
            return Conversion(Safety.SAFE, Method.ALTER)
        note = (
            f"values that do not fit {digits} digits and {places} places become empty"
        )
        return Conversion(Safety.LOSSY, Method.RECODE, note)


def _too_many_digits(value: Decimal, allowed: int) -> BadValue:
    shown = plain_number(value) if value.adjusted() < 60 else str(value)
    message = (
        f"{shown} is too large; at most {allowed} digits may stand before the "
        "decimal point"
    )
    return BadValue("too_many_digits", message, value=shown, allowed=allowed)


def _fitting(value: Decimal, places: int) -> Decimal:
    """The value without zeros that it has too many; BadValue if others are left."""
    shown = plain_number(value)
    _, _, fraction = shown.partition(".")
    if len(fraction) > places:
        message = (
            f"{shown} has {len(fraction)} decimal places, at most {places} are kept; "
            "round it"
        )
        raise BadValue("too_many_places", message, value=shown, allowed=places)
    return Decimal(shown)


class DecimalType(ExactType):
    """An exact number."""

    name: ClassVar[str] = "decimal"
    keys: ClassVar[frozenset[str]] = frozenset({"digits", "places", "min", "max"})
    safe_from: ClassVar[frozenset[str]] = frozenset()
    lossy_from: ClassVar[frozenset[str]] = frozenset(
        {"text", "integer", "rating", "percent", "money", "quantity"}
    )

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.decimal(*self.size(field))

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        digits, places = self.size(new)
        if old.type == "integer" and digits - places >= 19:
            return Conversion(Safety.SAFE, Method.RECODE)
        if old.type == "rating" and digits > places:
            return Conversion(Safety.SAFE, Method.RECODE)
        return super().conversion_from(old, new)


class PercentType(DecimalType):
    """A percentage: the value 12.5 means 12.5 %."""

    name: ClassVar[str] = "percent"
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "integer", "decimal"})
    default_digits: ClassVar[int] = 9

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.percent(*self.size(field))

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        if value is None:
            return ""
        pattern = locale.babel().percent_formats[None]
        sign = locale.babel().number_symbols["latn"]["percentSign"]
        before, after = pattern.prefix[0], pattern.suffix[0]
        number = super().to_text(value, field, locale, hints)
        return f"{before}{number}{after}".replace("%", sign)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        signs = "%\u066a\ufe6a\uff05 \u00a0\u202f\u200e\u200f\u061c"
        return super().from_text(text.strip(signs), field, locale)

    def widget(self, field: FieldDef) -> WidgetSpec:
        spec = super().widget(field)
        return WidgetSpec("percent", spec.attributes)
