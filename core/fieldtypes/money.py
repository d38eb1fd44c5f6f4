"""Fields of amounts: money in a currency, quantities in a unit.

Public: `MoneyType`, `QuantityType` (value: Decimal; the measure is found by the
field's path), `split_amount(text)`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import ClassVar

from core.expressions import types
from core.expressions.types import Kind, Type
from core.fieldtypes.base import (
    NO_HINTS,
    BadValue,
    Conversion,
    FieldContext,
    FieldDef,
    Locale,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import check_path, complain
from core.fieldtypes.number_texts import write_number
from core.fieldtypes.numbers import ExactType
from core.source import Node, PathText
from core.source import Scalar as ScalarNode

_NUMBER = re.compile(r"[-+(]?[\d.,'\u2019\s\u00a0\u202f\u066b\u066c]*\d[\d.,]*-?\)?")
_LINKED = frozenset({Kind.LINK})


def split_amount(text: str) -> tuple[str, str | None]:
    """The number and the currency or unit of a text such as `100.00 EUR` or `€ 5`.

    Either side of the number may carry it; a text without a number is all number, so
    that reading it as one says what is wrong.
    """
    body = re.sub("[\u200e\u200f\u061c]", "", text).strip()
    found = _NUMBER.search(body)
    if found is None:
        return body, None
    # A minus may stand in front of the currency: `-€5`.
    before, after = body[: found.start()].strip(), body[found.end() :].strip()
    number = found[0].strip()
    if before[:1] in ("-", "\u2212") and before:
        before, number = before[1:].strip(), f"-{number}"
    if (before and after) or not (before or after):
        return (body, None) if before else (number, None)
    return number, before or after


class AmountType(ExactType):
    """What money and quantity share: a number that means something with its measure."""

    measure: ClassVar[str]

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        """The amount; one with its measure is a BadValue that hands out both parts."""
        number, measure = split_amount(text)
        if measure is None:
            return super().from_text(text, field, locale)
        value = super().from_text(number, field, locale)
        message = (
            f"'{text.strip()}' names '{measure}', but the {self.measure} is a field of "
            "its own; write the number only"
        )
        raise BadValue(
            f"has_{self.measure}", message, amount=value, **{self.measure: measure}
        )

    def literal(self, node: Node | object, field: FieldDef) -> Value:
        """`100.00 EUR`, `5 kg` or a bare number; the measure is for readers only."""
        text = node.text if isinstance(node, ScalarNode) else node
        if not isinstance(text, str):
            return super().literal(node, field)
        return self.coerce(split_amount(text)[0], field)


class MoneyType(AmountType):
    """An amount of money; with `per` a price for one unit."""

    name: ClassVar[str] = "money"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"currency", "per", "digits", "places", "min", "max"}
    )
    required_keys: ClassVar[tuple[str, ...]] = ("currency",)
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "integer", "decimal"})
    measure: ClassVar[str] = "currency"

    def size(self, field: FieldDef) -> tuple[int, int]:
        # The widest currencies have four places; unit prices need more than those.
        usual = 6 if field.per is not None else 4
        return field.digits or 18, usual if field.places is None else field.places

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        digits, places = self.size(field)
        return types.money(
            path_of(field.currency) or "",
            per=path_of(field.per),
            digits=digits,
            places=places,
        )

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.currency is not None:
            _check_currency(field, ctx)
        if field.per is not None:
            check_path(ctx, field, "per", _LINKED)

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        if value is None:
            return ""
        # A price keeps more places than its currency has and shows them when used.
        least = hints.places
        if least is None and hints.currency is not None:
            from babel.numbers import get_currency_precision

            least = get_currency_precision(hints.currency)
        if least is None:
            least = field.places
        number = write_number(value, locale, least or 0)
        if hints.currency is None:
            return number
        return _with_symbol(number, hints.currency, locale)

    def widget(self, field: FieldDef) -> WidgetSpec:
        attributes = dict(super().widget(field).attributes)
        attributes["currency"] = str(field.currency or "")
        if field.per is not None:
            attributes["per"] = str(field.per)
        return WidgetSpec("money", attributes)


class QuantityType(AmountType):
    """An amount in a unit, which is a link of the record or one fixed unit."""

    name: ClassVar[str] = "quantity"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"unit", "digits", "places", "min", "max"}
    )
    required_keys: ClassVar[tuple[str, ...]] = ("unit",)
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "integer", "decimal"})
    default_places: ClassVar[int] = 6
    measure: ClassVar[str] = "unit"

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        digits, places = self.size(field)
        unit = fixed_unit(field, ctx) or path_of(field.unit) or ""
        return types.quantity(unit, digits=digits, places=places)

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.unit is not None and fixed_unit(field, ctx) is None:
            check_path(ctx, field, "unit", _LINKED)

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        # Three pieces are 3, not 3.000; half a kilogram is 0.5.
        shown = hints if hints.places is not None else replace(hints, places=0)
        text = super().to_text(value, field, locale, shown)
        return f"{text}\u00a0{hints.unit}" if text and hints.unit else text

    def widget(self, field: FieldDef) -> WidgetSpec:
        attributes = dict(super().widget(field).attributes)
        attributes["unit"] = str(field.unit or "")
        return WidgetSpec("quantity", attributes)

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        found = super().conversion_from(old, new)
        if old.type == new.type and str(old.unit) != str(new.unit):
            note = "the numbers stay, they count another unit now"
            return Conversion(found.safety, found.how, found.note or note)
        return found


def path_of(path: PathText | None) -> tuple[str, ...] | None:
    """The steps of a path key."""
    return None if path is None else tuple(path.text.split("."))


def _check_currency(field: FieldDef, ctx: FieldContext) -> None:
    """The path has to lead to an entity that knows the decimals of its amounts."""
    found = check_path(ctx, field, "currency", _LINKED)
    target = None if found is None else ctx.schema.entity(found.entity)
    if target is not None and target.member("decimals") is None:
        message = f"'{field.currency}' leads to '{target.id}', which is no currency"
        help_ = "a currency has an integer field 'decimals'"
        complain(ctx, field, "E406", message, "currency", help_)


def fixed_unit(field: FieldDef, ctx: FieldContext) -> str | None:
    """The key of a unit that the field names as a shipped record: `base.unit.kg` -> kg.

    A path of the record wins over a shipped record of the same spelling.
    """
    if field.unit is None:
        return None
    steps = field.unit.text.split(".")
    owner = ctx.schema.entity(ctx.entity)
    if len(steps) < 3 or (owner is not None and owner.member(steps[0]) is not None):
        return None
    return steps[-1] if ctx.schema.external(field.unit.text) is not None else None


def _with_symbol(number: str, currency: str, locale: Locale) -> str:
    from babel.numbers import get_currency_symbol

    symbol = get_currency_symbol(currency, locale.babel())
    pattern = locale.babel().currency_formats["standard"]
    before, after = pattern.prefix[0], pattern.suffix[0]
    # A code of letters never touches the digits.
    if before.endswith("\u00a4") and unicodedata.category(symbol[-1]).startswith("L"):
        before += "\u00a0"
    return f"{before}{number}{after}".replace("\u00a4", symbol)
