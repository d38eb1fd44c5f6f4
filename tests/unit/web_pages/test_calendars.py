"""Calendars: days in the reader's zone, whole days that never shift, moves, undo."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from core.web.pages.calendar_model import Event, beside
from core.web.pages.calendar_page import at_clock

DAYS = "/library/book?view=library.printing"
HOURS = "/library/book?view=library.readings"


def on(page: str, day: str) -> list[str]:
    """The titles of what stands on a day, whole ones first."""
    places = re.split(r'data-day="', page)[1:]
    return [
        label
        for place in places
        if place.startswith(day)
        for label in re.findall(r'data-event="\d+".*?data-label="([^",]*)', place)
    ]


@pytest.fixture
def books(library):
    return {
        "day": library.make(
            "library.book", title="Day", published="2026-03-31", owner=None
        ),
        "moment": library.make(
            "library.book", title="Moment", seen="2026-03-28T23:30:00Z", owner=None
        ),
        "none": library.make("library.book", title="None", owner=None),
    }


def test_a_month_shows_its_weeks_and_whole_days(boss, books):
    page = boss.get(f"{DAYS}&scale=month&day=2026-03-15")
    assert "March 2026" in page
    assert on(page, "2026-03-31") == ["Day"]
    assert page.count('data-day="') == 42
    assert "Moment" not in page
    assert on(boss.get(f"{DAYS}&scale=month&day=2026-04-15"), "2026-03-31") == ["Day"]
    assert on(boss.get(f"{DAYS}&scale=day&day=2026-03-30"), "2026-03-30") == []


def test_moments_stand_on_the_days_of_the_reader(library, boss, books):
    page = boss.get(f"{HOURS}&scale=week&day=2026-03-28")
    assert on(page, "2026-03-28") == ["Moment"]
    assert "--t" not in page
    assert "t:23.5;d:" in page
    assert "data-hours" in page


def test_whole_days_move_by_days_and_back(library, boss, books):
    boss.get(DAYS)
    moved = boss.post(
        f"/library/book/{books['day']}/reschedule{DAYS[13:]}", day="2026-04-02"
    )
    assert moved.status_code == 200
    assert library.read("library.book", books["day"])["published"] == date(2026, 4, 2)
    assert boss.post(moved.json["undo"]).status_code == 200
    assert library.read("library.book", books["day"])["published"] == date(2026, 3, 31)


def test_moments_move_to_an_hour_or_keep_theirs(library, boss, books):
    boss.get(HOURS)
    address = f"/library/book/{books['moment']}/reschedule{HOURS[13:]}"
    assert boss.post(address, day="2026-04-02").status_code == 200
    seen = library.read("library.book", books["moment"])["seen"]
    assert seen == datetime(2026, 4, 2, 23, 30, tzinfo=UTC)
    assert boss.post(address, day="2026-04-02", minutes="615").status_code == 200
    seen = library.read("library.book", books["moment"])["seen"]
    assert seen == datetime(2026, 4, 2, 10, 15, tzinfo=UTC)
    stale = boss.post(address, day="2026-04-03", version="1")
    assert stale.status_code == 409
    assert boss.post(address, day="2026-13-03").status_code == 400
    assert boss.post(address, day="2026-04-03", minutes="1440").status_code == 400


def test_who_may_not_change_a_record_cannot_move_it(library, books):
    reader = library.person("otto")
    page = reader.get(f"{DAYS}&day=2026-03-31")
    assert on(page, "2026-03-31") == ["Day"]
    assert "data-movable" not in page
    answer = reader.post(
        f"/library/book/{books['day']}/reschedule{DAYS[13:]}", day="2026-04-02"
    )
    assert answer.status_code == 409


def test_filters_narrow_a_calendar(boss, books):
    page = boss.get(f"{DAYS}&day=2026-03-31&f=kind:is:poem")
    assert on(page, "2026-03-31") == []
    assert boss.get(f"{DAYS}&scale=year&day=nonsense")


@pytest.mark.parametrize(
    ("start", "day", "minutes", "moved"),
    [
        # The same time on the reader's clock, on either side of a change of the clock.
        ("2026-03-27T09:00", date(2026, 3, 30), None, "2026-03-30T08:00"),
        ("2026-10-23T08:00", date(2026, 10, 26), None, "2026-10-26T09:00"),
        # 02:30 does not exist on that day.
        ("2026-03-27T01:30", date(2026, 3, 29), None, "2026-03-29T01:30"),
        ("2026-03-27T09:00", date(2026, 3, 27), 0, "2026-03-26T23:00"),
    ],
)
def test_moves_follow_the_clock_of_the_reader(start, day, minutes, moved):
    begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = at_clock(begins, day, minutes, "Europe/Berlin")
    assert found == datetime.fromisoformat(moved).replace(tzinfo=UTC)


def test_events_at_the_same_time_stand_beside_each_other():
    def event(number: int, start: int, end: int) -> Event:
        day = date(2026, 1, 1)
        times = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (start, end)]
        return Event(number, 1, "", "", 1, "", day, day, *times)

    placed = beside(
        [event(1, 9, 12), event(2, 10, 11), event(3, 11, 12), event(4, 13, 14)]
    )
    assert [(p.event.id, p.at, p.of) for p in placed] == [
        (1, 0, 2),
        (2, 1, 2),
        (3, 1, 2),
        (4, 0, 1),
    ]
