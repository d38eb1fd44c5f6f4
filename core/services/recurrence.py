"""When a schedule is due next: every so often, at a time of day in a zone.

Asked by core.services.schedules. Days and times are those of the zone: a time that a
clock change leaves out comes as much later, one that comes twice counts the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from core.registry import LAST, WEEKDAYS

#: Months of a period.
MONTHS: Mapping[str, int] = MappingProxyType({"month": 1, "quarter": 3, "year": 12})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def next_run(
    every: str | timedelta,
    at: time,
    days: Sequence[str],
    zone: ZoneInfo,
    after: datetime,
) -> datetime:
    """The first moment behind `after`, in UTC.

    days: weekdays for `day` and `week`; for `month`, `quarter` and `year` the number of
    the day in it, where a number that is too large means the last one, or `last`.
    """
    if every == "hour":
        every = _HOUR
    if isinstance(every, timedelta):
        return after + every - (after - _EPOCH) % every
    today = after.astimezone(zone).date()
    for day in _days(every, days, today):
        found = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
        if found > after:
            return found
    raise ValueError(f"there is no day of {days} in a {every}")


def _days(every: str, days: Sequence[str], today: date) -> Iterator[date]:
    """The days of a rule in order, beginning before today at the latest."""
    if every in MONTHS:
        yield from _of_periods(MONTHS[every], days or ("1",), today)
        return
    wanted = {WEEKDAYS.index(one) for one in days}
    if not wanted:
        wanted = {0} if every == "week" else set(range(7))
    for ahead in range(-1, 9):
        day = today + ahead * _DAY
        if day.weekday() in wanted:
            yield day


def _of_periods(months: int, days: Sequence[str], today: date) -> Iterator[date]:
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    for _ in range(3):
        end = _later(first, months)
        last = end - _DAY
        found = {last if one == LAST else first + (int(one) - 1) * _DAY for one in days}
        yield from sorted({min(day, last) for day in found})
        first = end


def _later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
