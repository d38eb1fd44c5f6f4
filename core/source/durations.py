"""Durations as authors write them: `30 days`, `1 hour 30 minutes`, `PT90M`.

Used by the duration slot and by field types that read duration literals; hands back
exact timedeltas.

Public: `parse_duration(text)`, `DURATION_RULE`.
"""

import re
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

DURATION_RULE = "write it like '30 days', '1 hour 30 minutes' or 'PT90M'"

_SECONDS = MappingProxyType(
    {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
)
_PART = r"(\d{1,9}(?:\.\d{1,6})?)\s*(second|minute|hour|day|week)s?"
_WORDS = re.compile(rf"{_PART}(?:,?\s+{_PART})*", re.IGNORECASE)
_ONE = re.compile(_PART, re.IGNORECASE)
_ISO = re.compile(
    r"P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?"
)
_ISO_UNITS = ("week", "day", "hour", "minute", "second")


def parse_duration(text: str) -> timedelta | None:
    """Return the duration, or None if the text is none or is too long for one.

    Months and years are refused: they are not the same length everywhere.
    """
    text = text.strip()
    if len(text) > 100:
        return None
    if (iso := _ISO.fullmatch(text)) is not None:
        parts = [(n, u) for n, u in zip(iso.groups(), _ISO_UNITS, strict=True) if n]
    elif _WORDS.fullmatch(text) is not None:
        parts = [(n, unit.lower()) for n, unit in _ONE.findall(text)]
    else:
        return None
    seconds = sum((Decimal(n) * _SECONDS[unit] for n, unit in parts), Decimal(0))
    try:
        return timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError:
        return None
