"""Exact numbers read from and written as texts: the API's form and people's forms.

Called by the numeric field types; all arithmetic here is exact.

Public: `exact`, `read_number`, `write_number`, `quantized`, `plain_number`.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal

from core.expressions.storage_types import plain
from core.fieldtypes.cleaning import kind_of, shortened
from core.fieldtypes.locale import Locale
from core.fieldtypes.values import BadValue

MOST_DIGITS = 38
MOST_PLACES = 12
WIDE = Context(prec=120, rounding=ROUND_HALF_UP)
ZERO = Decimal(0)

_API = re.compile(r"[+-]?(?:\d{1,80}(?:\.\d{0,80})?|\.\d{1,80})", re.ASCII)
_EXPONENT = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+", re.ASCII)
# Marks of writing direction that Arabic and Hebrew texts carry around signs.
_MARKS = re.compile("[\u200e\u200f\u061c]")
_MINUS = frozenset("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d")
_GROUPS = frozenset(" '\u2019\u00a0\u2009\u202f\u066c")
_DECIMAL_ARABIC = "\u066b"

plain_number = plain


def exact(raw: object) -> Decimal | None:
    """An API number: Decimal, int, text like `-12.50`, or a float of at most 15 digits.

    None for null and empty text. NaN, infinities, exponents in texts, booleans and
    floats that cannot be meant exactly are BadValues.
    """
    if type(raw) is str:
        return _from_api_text(raw)
    if type(raw) is Decimal:
        if not raw.is_finite():
            raise BadValue("not_finite", f"{raw} is no number that can be kept")
        if raw and not -MOST_DIGITS * 2 < raw.adjusted() < MOST_DIGITS * 2:
            raise _too_large(str(raw))
        return raw or ZERO
    if raw is None:
        return None
    if isinstance(raw, int) and not isinstance(raw, bool):
        # The size is asked first: writing out a huge integer takes quadratic time.
        if raw.bit_length() > 256:
            raise _too_large("this number")
        return Decimal(int(raw))
    if isinstance(raw, float):
        return _from_float(raw)
    raise BadValue("not_a_number", f"a number is needed here, not {kind_of(raw)}")


def _from_api_text(raw: str) -> Decimal | None:
    text = raw.strip()
    if not text:
        return None
    if _API.fullmatch(text) is None:
        raise _not_a_number(text)
    return Decimal(text) or ZERO


def _from_float(raw: float) -> Decimal:
    text = repr(float(raw))
    if "n" in text:
        raise BadValue("not_finite", f"{text} is no number that can be kept")
    number = Decimal(text)
    if len(number.as_tuple().digits) > 15:
        message = f"{text} is not exact as a JSON number; send it as a text, '{text}'"
        raise BadValue("not_exact", message)
    return number or ZERO


def _too_large(text: str) -> BadValue:
    message = (
        f"{shortened(text)} has more than {MOST_DIGITS} digits, "
        "more than any number here may have"
    )
    return BadValue("too_many_digits", message, allowed=MOST_DIGITS)


def _not_a_number(text: str) -> BadValue:
    short = shortened(text)
    if _EXPONENT.fullmatch(text):
        message = f"'{short}' has an exponent; write the number out"
        return BadValue("exponent", message, value=short)
    message = f"'{short}' is not a number; write it like 1234.56"
    return BadValue("not_a_number", message, value=short)


def read_number(text: str, locale: Locale) -> Decimal | None:
    """A number as people of the locale write it, thousands in groups or not.

    A mark that stands where the locale has its thousands is never taken for the decimal
    point: `1.5` is no German number, `1.500` is fifteen hundred there.
    """
    body = _MARKS.sub("", text).strip()
    if not body:
        return None
    if not body.isascii():
        body = "".join(_plain_character(c) for c in body)
    negative = False
    if body[0] == "(" and body[-1] == ")":
        negative, body = True, body[1:-1].strip()
    elif body[0] in "+-":
        negative, body = body[0] == "-", body[1:].strip()
    elif body[-1] == "-":
        negative, body = True, body[:-1].strip()
    if not (body.isdigit() and len(body) <= MOST_DIGITS * 2):
        body = _ungrouped(body, text, locale)
    number = Decimal(body)
    return (number.copy_negate() if negative else number) or ZERO


def _plain_character(character: str) -> str:
    if character in _MINUS:
        return "-"
    if character in _GROUPS:
        return "'"
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)


def _ungrouped(body: str, text: str, locale: Locale) -> str:
    """The digits of a number with groups and decimal mark, as Python reads them."""
    symbols = locale.babel().number_symbols["latn"]
    point, group = symbols["decimal"], symbols["group"]
    group = "'" if group in _GROUPS else group
    body = body.replace(" ", "'").replace(_DECIMAL_ARABIC, point)
    points = {point} if group == "." else {point, "."}
    mark = next((c for c in body if c in points), None)
    whole, _, fraction = body.partition(mark) if mark else (body, "", "")
    used = next((c for c in (group, "'") if c in whole), None)
    parts = whole.split(used) if used else [whole]
    good = (
        all(p.isdigit() and p.isascii() for p in parts)
        or (whole == "" and fraction != "")
    ) and (fraction == "" or (fraction.isdigit() and fraction.isascii()))
    if len(parts) > 1:
        sizes = (3, locale.babel().decimal_formats[None].grouping[1])
        inner = all(len(p) in sizes for p in parts[1:-1])
        good = good and inner and len(parts[-1]) == 3 and 1 <= len(parts[0]) <= 3
    if not good or len(body) > MOST_DIGITS * 3:
        raise _not_here(text, locale, point)
    return f"{''.join(parts) or '0'}.{fraction or '0'}"


def _not_here(text: str, locale: Locale, point: str) -> BadValue:
    short = shortened(text)
    if _EXPONENT.fullmatch(text.strip()):
        return _not_a_number(text.strip())
    message = f"'{short}' is not a number; write it like 1234{point}56"
    return BadValue("not_a_number", message, value=short, locale=locale.code)


def write_number(
    value: Decimal, locale: Locale, least: int = 0, most: int | None = None
) -> str:
    """The number with the locale's groups and point, `least` to `most` places.

    Nothing is rounded: a value with more places than `most` shows them all.
    """
    sign, whole, fraction = _parts(value, least)
    pattern = locale.babel().decimal_formats[None]
    symbols = locale.babel().number_symbols["latn"]
    first, rest = pattern.grouping
    groups = []
    size = first
    while len(whole) > size:
        groups.append(whole[-size:])
        whole, size = whole[:-size], rest
    groups.append(whole)
    text = symbols["group"].join(reversed(groups))
    if fraction:
        text += symbols["decimal"] + fraction
    return f"{symbols['minusSign']}{text}" if sign else text


def _parts(value: Decimal, least: int) -> tuple[bool, str, str]:
    text = plain(value)
    sign = text.startswith("-")
    whole, _, fraction = text.lstrip("-").partition(".")
    return sign, whole, fraction.ljust(least, "0")


def quantized(value: Decimal, digits: int, places: int) -> Decimal:
    """The value with exactly `places` places, half up; BadValue beyond `digits`."""
    rounded = value.quantize(Decimal(1).scaleb(-places), context=WIDE)
    if abs(rounded) >= Decimal(10) ** (digits - places):
        raise BadValue(
            "too_many_digits",
            f"{shortened(plain(rounded))} is too large; at most {digits - places} "
            "digits may stand before the decimal point",
            allowed=digits - places,
        )
    return rounded or ZERO
