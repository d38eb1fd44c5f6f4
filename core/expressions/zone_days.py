"""The day of a moment in a time zone, in SQLite's own functions.

The SQL body of `date(moment)` on SQLite. A moment is a text in UTC there, so its day in
a zone is the same, the next or the one before. The clock says which: only within the
hours between the zone's least and largest distance from UTC a row is asked in Python.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.expressions import sqlforms as f
from core.expressions.sqlforms import Element, Sql
from core.expressions.types import DATE

#: The moments that are told by the clock; zones were moved by odd amounts before.
_FIRST, _LAST = "2000-01-02", "2059-12-30"
_DAY = timedelta(days=1)
_NONE, _ALL = "", "~"
#: Before `before` it is the day before, from `same` to `until` the same day, from
#: `after` on the next one.
CLOCKS = ("before", "same", "until", "after")


def zone_clock(zone: str, which: str) -> str:
    """A time of day in UTC, as text, that parts the days of a zone; see `CLOCKS`."""
    return _clocks(zone)[CLOCKS.index(which)]


@lru_cache(maxsize=64)
def _clocks(zone: str) -> tuple[str, str, str, str]:
    least, most = _distances(zone)
    if least >= timedelta(0):
        return _NONE, _NONE, _clock(_DAY - most), _clock(_DAY - least)
    if most <= timedelta(0):
        return _clock(-most), _clock(-least), _ALL, _ALL
    # The zone changed sides of the date line: each row is asked.
    return _NONE, _ALL, _NONE, _ALL


def _clock(span: timedelta) -> str:
    if span >= _DAY:
        return _ALL
    seconds = int(span.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000000"


def _distances(zone: str) -> tuple[timedelta, timedelta]:
    """The least and the largest distance from UTC: none was kept for days only."""
    if zone == "UTC":
        return timedelta(0), timedelta(0)
    place = ZoneInfo(zone)
    first, last = (datetime.fromisoformat(day + "T00Z") for day in (_FIRST, _LAST))
    weeks = range(0, (last - first).days + 7, 7)
    moments = ((first + timedelta(days=n)).astimezone(place) for n in weeks)
    found = {moment.utcoffset() for moment in moments}
    known = [one for one in found if one is not None]
    return min(known), max(known)


def sqlite_day(moment: Sql, zone: Sql) -> Sql:
    """The day of a moment in a zone."""
    text = sa.String()
    at = moment.element
    asked: Element = sa.func.x_day_of(at, zone.element, type_=text)
    if not isinstance(at, sa.Column):
        return Sql(asked, DATE)
    day = sa.func.substr(at, 1, 10, type_=text)
    clock = sa.func.substr(at, 12, type_=text)
    before, same, until, after = (
        sa.func.x_zone_clock(zone.element, _quoted(which), type_=text)
        for which in CLOCKS
    )
    told = sa.and_(at >= _quoted(_FIRST), at < _quoted(_LAST))
    known = sa.case(
        (at.is_(None), sa.null()),
        (sa.not_(told), asked),
        (sa.and_(clock >= same, clock < until), day),
        (clock >= after, sa.func.date(day, _quoted("+1 day"), type_=text)),
        (clock < before, sa.func.date(day, _quoted("-1 day"), type_=text)),
        else_=asked,
    )
    return Sql(f.grouped(known), DATE)


def _quoted(plain: str) -> Element:
    return sa.literal_column(f"'{plain}'", sa.String())
