"""Filters that templates use for people and times.

The factory installs them; they hand on text only.
"""

import zlib
from datetime import UTC, datetime

from flask import Flask
from flask_babel import format_date, format_timedelta

TINTS = 6


def install_filters(app: Flask) -> None:
    """Add the filters to the app's templates."""
    app.jinja_env.filters.update(initials=initials, tint=tint, moment=moment)


def initials(name: str) -> str:
    """The two letters of a person's or record's name, "?" for none."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    return letters.upper()


def tint(name: str) -> str:
    """The class of one of six grounds, always the same for one name."""
    return f"t{zlib.crc32(name.encode()) % TINTS + 1}"


def moment(value: datetime | int | None) -> str:
    """A time in the reader's zone, relative within a week; a dash for none.

    Takes an aware datetime or seconds since 1970.
    """
    if value is None:
        return "\u2013"
    at = datetime.fromtimestamp(value, UTC) if isinstance(value, int) else value
    age = datetime.now(UTC) - at
    if abs(age.days) < 7:
        return str(format_timedelta(-age, add_direction=True))
    return str(format_date(at, "medium"))
