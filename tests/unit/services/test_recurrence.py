"""When schedules are due: zones, clock changes, the ends of months."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.services.recurrence import next_run

BERLIN = ZoneInfo("Europe/Berlin")


def runs(
    every: str | timedelta,
    after: str,
    at: str = "00:00",
    days: tuple[str, ...] = (),
    count: int = 3,
) -> list[str]:
    """The next runs as minutes in UTC."""
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = []
    for _ in range(count):
        moment = next_run(every, time.fromisoformat(at), days, BERLIN, moment)
        found.append(f"{moment:%Y-%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("every", "at", "days", "after", "expected"),
    [
        # Winter and summer time of the zone.
        ("day", "08:00", (), "2026-03-27",
         "03-27 07:00, 03-28 07:00, 03-29 06:00"),
        # 02:30 does not exist on 29 March: it comes an hour later, and once.
        ("day", "02:30", (), "2026-03-28",
         "03-28 01:30, 03-29 01:30, 03-30 00:30"),
        # 02:30 comes twice on 25 October: the first time counts.
        ("day", "02:30", (), "2026-10-24",
         "10-24 00:30, 10-25 00:30, 10-26 01:30"),
        ("day", "09:00", ("friday",), "2026-01-01",
         "01-02 08:00, 01-09 08:00, 01-16 08:00"),
        ("week", "00:00", (), "2026-01-01",
         "01-04 23:00, 01-11 23:00, 01-18 23:00"),
        ("month", "12:00", ("last",), "2028-01-31T12:00",
         "02-29 11:00, 03-31 10:00, 04-30 10:00"),
        ("month", "12:00", ("31", "15"), "2026-02-01",
         "02-15 11:00, 02-28 11:00, 03-15 11:00"),
        ("quarter", "12:00", (), "2026-02-01",
         "04-01 10:00, 07-01 10:00, 10-01 10:00"),
        ("quarter", "12:00", ("last",), "2026-03-31T12:00",
         "06-30 10:00, 09-30 10:00, 12-31 11:00"),
        ("hour", "00:00", (), "2026-01-01T10:15",
         "01-01 11:00, 01-01 12:00, 01-01 13:00"),
    ],
)  # fmt: skip
def test_the_next_runs(every, at, days, after, expected):
    assert ", ".join(one[5:] for one in runs(every, after, at, days)) == expected


def test_years_and_lengths_of_time():
    assert runs("year", "2027-03-01", days=("60",)) == [
        "2028-02-28 23:00",
        "2029-02-28 23:00",
        "2030-02-28 23:00",
    ]
    assert runs(timedelta(minutes=90), "2026-01-01T00:10", count=2) == [
        "2026-01-01 01:30",
        "2026-01-01 03:00",
    ]
