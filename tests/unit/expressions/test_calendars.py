"""Working time: holidays, half days, nights of a clock change, backwards."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.expressions import EvaluationError
from core.expressions.calendars import WorkCalendar

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {day: ((time(9), time(17)),) for day in range(1, 6)}
EVE = date(2026, 12, 24)
CALENDAR = WorkCalendar(
    BERLIN,
    OFFICE,
    {EVE: ((time(9), time(13)),), date(2026, 12, 25): ()},
)
# Round the clock, so that the missing and the doubled hour of a change show.
ALWAYS = WorkCalendar(BERLIN, {d: ((time(0), time(0)),) for d in range(1, 8)}, {})


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 12, 21), 1, date(2026, 12, 22)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2026, 12, 28), -1, date(2026, 12, 24)),
        (date(2026, 12, 26), 0, date(2026, 12, 28)),
        (date(2026, 12, 22), 0, date(2026, 12, 22)),
        (date(2026, 12, 21), 10, date(2027, 1, 5)),
    ],
)
def test_add_workdays(day: date, count: int, expected: date) -> None:
    assert CALENDAR.add_workdays(day, count) == expected


def test_workdays_between_counts_half_days() -> None:
    monday, next_monday = date(2026, 12, 21), date(2026, 12, 28)
    assert CALENDAR.workdays_between(monday, next_monday) == Decimal("3.5")
    assert CALENDAR.workdays_between(next_monday, monday) == Decimal("-3.5")
    assert CALENDAR.is_workday(EVE)
    assert not CALENDAR.is_workday(date(2026, 12, 25))


def test_work_over_a_holiday_and_back() -> None:
    start = local(2026, 12, 23, 16)
    end = CALENDAR.add_work(start, timedelta(hours=6))
    assert end == local(2026, 12, 28, 10)
    assert CALENDAR.work_between(start, end) == timedelta(hours=6)
    assert CALENDAR.work_between(end, start) == timedelta(hours=-6)
    assert CALENDAR.add_work(end, timedelta(hours=-6)) == start


def test_work_that_ends_with_the_day_ends_then() -> None:
    start = local(2026, 11, 25, 9)
    assert CALENDAR.add_work(start, timedelta(hours=8)) == local(2026, 11, 25, 17)
    assert CALENDAR.add_work(start, timedelta(0)) == start


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24)],
)
def test_a_day_of_a_clock_change_is_as_long_as_it_is(day: date, hours: int) -> None:
    start = local(day.year, day.month, day.day)
    end = local(day.year, day.month, day.day + 1)
    assert ALWAYS.work_between(start, end) == timedelta(hours=hours)
    assert ALWAYS.add_work(start, timedelta(hours=hours)) == end
    assert ALWAYS.add_work(end, timedelta(hours=-hours)) == start


def test_a_night_shift_over_the_change() -> None:
    night = WorkCalendar(
        BERLIN,
        {
            6: ((time(22), time(0)),),
            7: ((time(0), time(6)), (time(22), time(0))),
        },
        {},
    )
    spring = night.work_between(local(2026, 3, 28, 20), local(2026, 3, 29, 20))
    autumn = night.work_between(local(2026, 10, 24, 20), local(2026, 10, 25, 20))
    assert (spring, autumn) == (timedelta(hours=7), timedelta(hours=9))


def test_a_calendar_without_hours_says_so() -> None:
    empty = WorkCalendar(UTC, {}, {})
    with pytest.raises(EvaluationError, match="no working time"):
        empty.add_workdays(date(2026, 1, 1), 1)
    with pytest.raises(EvaluationError, match="no working time"):
        empty.add_work(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1))
