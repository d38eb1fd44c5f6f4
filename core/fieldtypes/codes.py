"""Fields of codes that carry a check digit or a fixed form.

Public: `BarcodeType`, `IbanType`, `TaxIdType`, `ColorType`. All values are texts in a
normal form.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from core.fieldtypes.base import (
    NO_HINTS,
    BadValue,
    FieldDef,
    Locale,
    TextHints,
    Value,
)
from core.fieldtypes.cleaning import shortened
from core.fieldtypes.texts import LineType

# Lengths of EAN and GTIN; all of them end in a check digit.
_TRADE_LENGTHS = frozenset({8, 12, 13, 14})
# Countries whose VAT numbers begin with these letters and have check digits we know.
_VAT = frozenset(
    {"AT", "BE", "BG", "CHE", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR"}
    | {"GB", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT"}
    | {"RO", "SE", "SI", "SK"}
)


class CodeType(LineType):
    """The base of codes: found as a whole or by their beginning."""

    operators: ClassVar[tuple[str, ...]] = (
        "is",
        "is_not",
        "starts",
        "contains",
        "in",
        "empty",
    )
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "longtext"})


class BarcodeType(CodeType):
    """What a scanner reads: EAN and GTIN with their check digit, or any other code."""

    name: ClassVar[str] = "barcode"
    most: ClassVar[int] = 80
    widget_kind: ClassVar[str] = "barcode"

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        digits = re.sub(r"[\s-]", "", text)
        if not (digits.isascii() and digits.isdigit()):
            if not text.isascii():
                message = f"'{shortened(text)}' has letters that no barcode can carry"
                raise BadValue("not_a_barcode", message, value=text)
            return text
        if len(digits) not in _TRADE_LENGTHS:
            return digits
        from stdnum import ean

        if not ean.is_valid(digits):
            right = ean.calc_check_digit(digits[:-1])
            message = (
                f"'{digits}' is mistyped: the last digit of an article number with "
                f"these digits is {right}"
            )
            raise BadValue("wrong_check_digit", message, value=digits)
        return digits


class IbanType(CodeType):
    """An international bank account number, without spaces and in capitals."""

    name: ClassVar[str] = "iban"
    most: ClassVar[int] = 34
    widget_kind: ClassVar[str] = "iban"

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        from stdnum import iban
        from stdnum.exceptions import (
            InvalidChecksum,
            InvalidLength,
            ValidationError,
        )

        try:
            return str(iban.validate(text))
        except InvalidChecksum:
            why = "the check digits do not match, so a character is mistyped"
        except InvalidLength:
            why = "it has too many or too few characters"
        except ValidationError:
            why = "it has not the form of its country"
        message = f"'{shortened(text)}' is not an IBAN: {why}"
        raise BadValue("not_an_iban", message, value=text)

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """In groups of four, as on paper."""
        text = value or ""
        return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


class TaxIdType(CodeType):
    """A tax number.

    One that begins with the letters of a country with VAT check digits is checked; any
    other is kept as it is, in capitals.
    """

    name: ClassVar[str] = "tax_id"
    most: ClassVar[int] = 40
    widget_kind: ClassVar[str] = "tax_id"

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        upper = " ".join(text.upper().split())
        if not re.fullmatch(r"[A-Z0-9][A-Z0-9 ./\-]*", upper) or not re.search(
            r"\d", upper
        ):
            message = (
                f"'{shortened(text)}' is not a tax number; it has letters A to Z, "
                "digits, spaces, points, slashes and hyphens"
            )
            raise BadValue("not_a_tax_id", message, value=text)
        compact = re.sub(r"[ ./\-]", "", upper)
        country = _vat_country(compact)
        return upper if country is None else _vat(compact, country)


def _vat_country(compact: str) -> str | None:
    """The country whose VAT number this looks like, None for other tax numbers."""
    for prefix in (compact[:3], compact[:2]):
        if prefix in _VAT:
            rest = compact[len(prefix) :].removesuffix("MWST").removesuffix("TVA")
            digits = sum(character.isdigit() for character in rest)
            # Longer ones or such with few digits are national numbers that happen to
            # begin with the same letters.
            return prefix if 7 <= len(rest) <= 12 and digits >= 5 else None
    return None


def _vat(compact: str, country: str) -> str:
    from stdnum.exceptions import ValidationError

    module = _vat_module({"EL": "GR", "CHE": "CH"}.get(country, country))
    try:
        module.validate(compact)
    except ValidationError:
        message = (
            f"'{compact}' is not a VAT number of {country[:2]}: its length or check "
            "digit is wrong, so a character is mistyped"
        )
        raise BadValue("not_a_tax_id", message, value=compact) from None
    return compact


def _vat_module(country: str) -> Any:
    from stdnum import get_cc_module

    return get_cc_module(country, "vat")


class ColorType(CodeType):
    """A colour as `#rrggbb`."""

    name: ClassVar[str] = "color"
    most: ClassVar[int] = 7
    text_like: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "empty")
    widget_kind: ClassVar[str] = "color"

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        found = re.fullmatch(
            r"#?([0-9a-f]{6}|[0-9a-f]{3})", text.lower(), flags=re.ASCII
        )
        if found is None:
            message = f"'{shortened(text)}' is not a colour; write it like #1a7f37"
            raise BadValue("not_a_color", message, value=text)
        digits = found[1]
        if len(digits) == 3:
            digits = "".join(digit * 2 for digit in digits)
        return f"#{digits}"

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "pattern": "^#[0-9a-f]{6}$"}
