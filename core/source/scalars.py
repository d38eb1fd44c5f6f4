"""Plain YAML texts -> values, by the core schema of YAML 1.2 and no more.

Called by the composer for each unquoted scalar. Booleans and null have their YAML 1.2
spellings only; numbers stay exact; whatever YAML 1.1 would also turn into something
(`NO`, `01234`, `12:30:00`, `1_000`, `2026-12-31`) stays a text.

Public: `plain_value(text)`, `RefusedNumber`.
"""

import re
from decimal import Decimal
from types import MappingProxyType

from core.source.node import ScalarValue

MOST_DIGITS = 100

_WORDS = MappingProxyType(
    {
        "": None,
        "~": None,
        "null": None,
        "Null": None,
        "NULL": None,
        "true": True,
        "True": True,
        "TRUE": True,
        "false": False,
        "False": False,
        "FALSE": False,
    }
)
_NUMBER_STARTS = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE]([-+]?[0-9]+))?"
)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class RefusedNumber(Exception):
    """A number that YAML could write but a definition may not hold."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def plain_value(text: str) -> ScalarValue:
    """Return the value of an unquoted text; `RefusedNumber` for .inf, .nan, giants."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.fullmatch(text):
        if len(text) > MOST_DIGITS:
            raise _too_long()
        return int(text)
    if (match := _DECIMAL.fullmatch(text)) is not None:
        exponent = match[1] or "0"
        # Checked as text: 1e999999999 would cost memory as soon as it is used.
        if len(text) > MOST_DIGITS or len(exponent) > 4 or abs(int(exponent)) > 99:
            raise _too_long()
        return Decimal(text)
    if _NOT_FINITE.fullmatch(text):
        raise RefusedNumber("E103", f"'{text}' is not a number of this grammar")
    return text


def _too_long() -> RefusedNumber:
    return RefusedNumber("E104", f"a number has at most {MOST_DIGITS} digits")
