"""Functions of the language that read foreign texts the way the field types do.

`language_catalogue` is what the registry checks expressions against: the built-in
functions of core.expressions and these. All work in memory only and refuse a text they
cannot read; modules add theirs to it.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from core.expressions.catalogue import Catalogue, builtin_catalogue
from core.expressions.errors import EvaluationError
from core.expressions.function import Function, takes
from core.expressions.types import DATE, DECIMAL, TEXT, Kind
from core.fieldtypes.date_texts import made_date
from core.fieldtypes.locale import Locale
from core.fieldtypes.number_texts import read_number
from core.fieldtypes.values import BadValue

_TOKENS = re.compile(r"YYYY|YY|MM|M|DD|D")
_PIVOT = 69


def parse_number(text: str, locale: str) -> Decimal:
    """A number as people of the locale (`de`, `en_US`) write it."""
    try:
        found = read_number(text, Locale(locale))
    except BadValue as bad:
        raise EvaluationError(bad.message) from None
    if found is None:
        raise EvaluationError(f"'{text[:60]}' is not a number")
    return found


def parse_date(text: str, pattern: str) -> date:
    """A day written like the pattern; `YY` before 69 is of this century."""
    found = re.fullmatch(_regex(pattern), text.strip())
    if found is None:
        raise EvaluationError(f"'{text[:60]}' is not written like {pattern}")
    parts = found.groupdict()
    year = int(parts["y"])
    if len(parts["y"]) == 2:
        year += 1900 if year >= _PIVOT else 2000
    try:
        return made_date(text, year, int(parts["m"]), int(parts["d"]))
    except BadValue as bad:
        raise EvaluationError(bad.message) from None


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    shapes = {
        "YYYY": r"(?P<y>\d{4})",
        "YY": r"(?P<y>\d{2})",
        "MM": r"(?P<m>\d{2})",
        "M": r"(?P<m>\d{1,2})",
        "DD": r"(?P<d>\d{2})",
        "D": r"(?P<d>\d{1,2})",
    }
    tokens = _TOKENS.findall(pattern)
    if sorted(token[0] for token in tokens) != ["D", "M", "Y"]:
        raise EvaluationError(f"{pattern} needs a day, a month and a year, once each")
    plain = (re.escape(part) for part in _TOKENS.split(pattern))
    shaped = [next(plain)]
    for token, after in zip(tokens, plain, strict=True):
        shaped += [shapes[token], after]
    return re.compile("".join(shaped), re.ASCII)


def parse_phone(text: str, country: str) -> str:
    """A telephone number in its international form; the country is where it belongs."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country.upper())
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise EvaluationError(f"'{text[:60]}' is no telephone number of {country}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def json_text(value: Any, path: str) -> str | None:
    """A text, number or truth value inside a JSON value; null if there is none."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | Decimal | float):
        return str(value) or None
    return None


_T = takes("t", Kind.TEXT)
FUNCTIONS = (
    Function(
        "parse_number",
        (_T, takes("locale", Kind.TEXT, literal=True)),
        DECIMAL,
        parse_number,
    ),
    Function(
        "parse_date", (_T, takes("pattern", Kind.TEXT, literal=True)), DATE, parse_date
    ),
    Function("parse_phone", (_T, takes("country", Kind.TEXT)), TEXT, parse_phone),
    Function(
        "json_text",
        (takes("j", Kind.JSON), takes("path", Kind.TEXT, literal=True)),
        TEXT,
        json_text,
    ),
)


@cache
def language_catalogue() -> Catalogue:
    """The functions of the language, as definitions may use them."""
    return builtin_catalogue().with_functions(*FUNCTIONS)
