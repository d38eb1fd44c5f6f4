"""How one clock stands: begun while it pauses, and stopped behind closing time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.services.clocks.counting import ALL_TIME, Measure
from core.services.clocks.standing import Seen, Standing, begun

HOUR = timedelta(hours=1)
SEEN = Seen(
    start=True, stop=False, pause=False, restart=False, target=8 * HOUR, calendar=None
)
PAUSED = replace(SEEN, pause=True)


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


def opened(since: datetime, until: datetime) -> timedelta:
    """Working time of one day, from nine to five."""
    first, last = max(since, at(9)), min(until, at(17))
    return max(last - first, timedelta(0))


def office_end(since: datetime, length: timedelta) -> datetime | None:
    found = max(since, at(9)) + length
    return found if found <= at(17) else None


OFFICE = Measure(opened, office_end)


def what(one: Standing) -> list[str]:
    return [note.what for note in one.notes]


def test_a_clock_that_begins_paused_says_when_it_goes_on() -> None:
    one = begun(1, PAUSED, at(9))
    one.turn(PAUSED, ALL_TIME, at(9))
    assert (one.state, what(one)) == ("paused", ["started"])
    one.notes.clear()
    one.turn(SEEN, ALL_TIME, at(10))
    # The note is what its timers are planned by.
    assert (one.state, what(one)[0]) == ("running", "resumed")
    assert one.due_at == at(18)


def test_a_clock_that_begins_running_has_gone_on_from_nothing() -> None:
    one = begun(1, SEEN, at(9))
    one.turn(SEEN, ALL_TIME, at(9))
    assert what(one) == ["started"]


def test_who_was_late_is_late_although_nothing_counts_any_more() -> None:
    one = begun(1, SEEN, at(8))
    one.turn(SEEN, OFFICE, at(8))
    assert one.due_at == at(17)
    one.turn(SEEN, OFFICE, at(17))
    assert one.state == "overdue"
    one.turn(replace(SEEN, stop=True), OFFICE, at(8, day=2))
    assert one.state == "missed"
    in_time = begun(2, SEEN, at(8))
    in_time.turn(SEEN, OFFICE, at(8))
    in_time.turn(replace(SEEN, stop=True), OFFICE, at(17))
    assert in_time.state == "met"
    unseen = begun(3, SEEN, at(8))
    unseen.turn(SEEN, OFFICE, at(8))
    unseen.turn(replace(SEEN, stop=True), OFFICE, at(18))
    assert unseen.state == "missed"
