"""Days and times of day as people of a locale write them.

Called by the date, datetime and time types; ISO forms are always understood.

Public: `read_date`, `write_date`, `read_time`, `write_time`, `impossible`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from functools import lru_cache

from core.fieldtypes.cleaning import shortened
from core.fieldtypes.locale import Locale
from core.fieldtypes.values import BadValue

_MARKS = re.compile("[\u200e\u200f\u061c]")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,4})\s*[./\-\s]\s*(\d{1,2})\s*[./\-\s]\s*(\d{1,4})\.?")
_TIME = re.compile(
    r"(\d{1,2})(?:\s*[:.h]\s*(\d{2})(?:[:.](\d{2})(?:[.,](\d{1,6}))?)?)?\s*(\D*)"
)
# Two-digit years as POSIX reads them: 69 to 99 are of the last century.
_PIVOT = 69


def impossible(text: str, why: str, example: str) -> BadValue:
    """The BadValue of a text that is no day or time."""
    short = shortened(text)
    message = f"'{short}' is not a date: {why}; write it like {example}"
    return BadValue("impossible_date", message, value=short)


def made_date(text: str, year: int, month: int, day: int) -> date:
    """The day of these numbers, or a BadValue that says which one is wrong."""
    try:
        return date(year, month, day)
    except ValueError:
        if not 1 <= month <= 12:
            why = f"there is no month {month}"
        elif not 1 <= year <= 9999:
            why = f"there is no year {year}"
        else:
            why = f"month {month} of {year} has no day {day}"
        raise impossible(text, why, "2026-12-31") from None


def read_iso_date(text: str) -> date | None:
    """`2026-12-31`, or None when the text has another form."""
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    return made_date(text, int(found[1]), int(found[2]), int(found[3]))


def read_date(text: str, locale: Locale) -> date:
    """A day in ISO form or in the locale's order: `31.12.2026`, `12/31/2026`."""
    plain = _latin(text)
    if (day := read_iso_date(plain)) is not None:
        return day
    found = _NUMBERS.fullmatch(_numeric(plain, locale))
    example = write_date(date(2026, 12, 31), locale)
    if found is None:
        raise impossible(text, "it has another form", example)
    first, second, third = found[1], found[2], found[3]
    order = "yMd" if len(first) == 4 else _order(locale.babel().date_formats["short"])
    parts = dict(zip(order, (first, second, third), strict=True))
    year = parts["y"]
    if len(year) not in (2, 4):
        raise impossible(text, "the year needs 4 digits", example)
    full = int(year)
    if len(year) == 2:
        full += 1900 if full >= _PIVOT else 2000
    return made_date(text, full, int(parts["M"]), int(parts["d"]))


def write_date(value: date, locale: Locale) -> str:
    """The day in the locale's short numeric form, always with the whole year."""
    from babel.dates import format_date

    pattern = locale.babel().date_formats["short"].pattern
    if "yyyy" not in pattern:
        pattern = re.sub("y+", "yyyy", pattern)
    return format_date(value, pattern, locale=locale.babel())


def read_time(text: str, locale: Locale) -> time:
    """A time of day: `08:00`, `8:30 PM`, `14.30`, `8h15`."""
    found = _TIME.fullmatch(_latin(text))
    if found is None:
        raise _no_time(text)
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    marker = _letters(found[5])
    if marker:
        names = _half_days(locale.code)
        if marker not in names or not 1 <= hour <= 12:
            raise _no_time(text)
        hour = hour % 12 + (12 if names[marker] else 0)
    elif found[2] is None:
        raise _no_time(text)
    try:
        return time(hour, minute, second, int((found[4] or "0").ljust(6, "0")))
    except ValueError:
        raise _no_time(text) from None


def write_time(value: time, locale: Locale) -> str:
    """The time in the locale's form; seconds only where there are any."""
    from babel.dates import format_time

    if value.microsecond:
        plain = value.replace(tzinfo=None)
        return plain.isoformat("microseconds").rstrip("0")
    form = "medium" if value.second else "short"
    return format_time(value, form, locale=locale.babel())


def _no_time(text: str) -> BadValue:
    short = shortened(text)
    message = f"'{short}' is not a time of day; write it like 14:30"
    return BadValue("impossible_time", message, value=short)


def _latin(text: str) -> str:
    """Without writing direction marks, with Latin digits and plain spaces."""
    text = _MARKS.sub("", text)
    if not text.isascii():
        digits = ((c, unicodedata.decimal(c, None)) for c in text)
        text = "".join(c if d is None else str(d) for c, d in digits)
    return " ".join(text.split())


def _order(pattern: object) -> str:
    letters = re.findall("[yMd]", str(getattr(pattern, "pattern", pattern)))
    return "".join(dict.fromkeys(letters))


def _numeric(text: str, locale: Locale) -> str:
    """A text with the month's name, as numbers in the locale's order."""
    words = re.findall(r"[^\W\d_]+", text)
    months = _months(locale.code)
    month = next((months[w] for w in map(_letters, words) if w in months), None)
    numbers = re.findall(r"\d+", text)
    if month is None or len(numbers) != 2:
        return text
    # The year is the one with 4 digits, on whichever side of the month it stands.
    day, year = numbers if len(numbers[0]) <= 2 else numbers[::-1]
    if len(year) != 4 or re.sub(r"[\W\d_]", "", text) != "".join(words):
        return text
    return f"{year}-{month}-{day}"


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]", "", text).casefold()


@lru_cache(maxsize=64)
def _months(code: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for babel in {Locale(code).babel(), Locale("en").babel()}:
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in babel.months[context][width].items():
                    found.setdefault(_letters(name), number)
    return found


@lru_cache(maxsize=64)
def _half_days(code: str) -> dict[str, bool]:
    """Marker of the half day -> whether it is the second one."""
    found = {"am": False, "a": False, "pm": True, "p": True}
    for context in Locale(code).babel().day_periods.values():
        for names in context.values():
            for key in ("am", "pm"):
                if key in names:
                    found[_letters(names[key])] = key == "pm"
    return found
