"""Clocks: time counts only while it should, and is over once, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.jobs import Dispatcher
from core.jobs.timers import TimerConsumer
from core.services import Actor, Runtime, reading, transaction
from core.services.context import Clock
from core.services.timeline import feed
from core.storage import clock as clock_table
from core.storage import clock_note, job, timer
from tests.unit.services.base_world import base_world

DESK = """\
== desk/module.yml
module: desk
title: Desk
version: 1.0.0
depends: {base: ">=0.1"}
== desk/entities/level.yml
entity: desk.level
title: name
fields:
  name:     {type: text, required: true}
  target:   {type: duration}
  calendar: {type: link, to: base.calendar}
== desk/entities/answer.yml
entity: desk.answer
title: text
fields:
  text:   {type: text, required: true}
  ticket: {type: link, to: desk.ticket, inverse: answers, index: true}
== desk/entities/ticket.yml
entity: desk.ticket
title: name
timeline: true
archive: true
fields:
  name:    {type: text, required: true}
  state:   {type: text, default: new}
  level:   {type: link, to: desk.level}
  due:     {type: datetime}
  spent:   {type: duration}
  clock:   {type: choice}
  late:    {type: boolean, formula: "clock == 'overdue' or clock == 'missed'"}
  warned:  {type: integer, default: 0}
  rung:    {type: integer, default: 0}
  nudged:  {type: integer, default: 0}
  second:  {type: choice}
== desk/clocks.yml
clock: desk.first
label: First answer
entity: desk.ticket
start: state == 'new'
stop: state == 'answered'
pause: state in ['waiting', 'hold']
restart: state == 'reopened'
target: =level.target
calendar: =level.calendar
due: due
elapsed: spent
state: clock
warn: [{at: 75 %, do: [{set: {warned: =warned + 1}}]}]
breach:
  - {at: 0 minutes, do: [{set: {rung: =rung + 1}}]}
  - {at: 1 hour, do: [{set: {nudged: =nudged + 1}}], repeat: {every: 1 hour, most: 3}}
---
clock: desk.any
entity: desk.ticket
start: exists(answers)
stop: count(answers) > 1
target: 1 hour
state: second
"""
BERLIN = "Europe/Berlin"


class Desk:
    """Tickets, and a clock that the test moves."""

    def __init__(self, runtime: Runtime) -> None:
        self.at = datetime(2026, 6, 1, 8, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled, runtime.database, clock=Clock(lambda: self.at)
        )
        self.worker = Dispatcher(
            runtime.database,
            lambda: [TimerConsumer(self.runtime)],
            lambda: self.at,
        )
        every = ("monday", "tuesday", "wednesday", "thursday", "friday")
        hours = [{"weekday": d, "begins": "09:00", "ends": "17:00"} for d in every]
        self.calendar = self.make(
            "base.calendar", name="C", code="c", zone=BERLIN, hours=hours
        )
        self.level = self.make("desk.level", name="L", target=timedelta(hours=4))
        self.office = self.make(
            "desk.level",
            name="O",
            target=timedelta(hours=4),
            calendar=self.calendar,
        )

    def make(self, entity: str, **values: Any) -> int:
        with transaction(self.runtime, Actor.system()) as tx:
            return tx.create(entity, values).id or 0

    def ticket(self, **values: Any) -> int:
        return self.make("desk.ticket", **{"name": "t", "level": self.level, **values})

    def set(self, id_: int, entity: str = "desk.ticket", **values: Any) -> None:
        with transaction(self.runtime, Actor.system()) as tx:
            tx.update(entity, id_, values)

    def see(self, id_: int) -> dict[str, Any]:
        with reading(self.runtime, Actor.system()) as reader:
            return dict(reader.get("desk.ticket", id_).values)

    def told(self, id_: int, *names: str) -> tuple[Any, ...]:
        found = self.see(id_)
        return tuple(found[name] for name in names)

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)
        self.worker.drain()

    def until(self, *moment: int) -> None:
        self.at = datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type, misc]
        self.worker.drain()

    def notes(self, id_: int) -> list[str]:
        query = sa.select(clock_note.c.what).where(clock_note.c.record == id_)
        with self.runtime.database.reading() as connection:
            return list(connection.scalars(query.order_by(clock_note.c.id)))

    def failed(self) -> list[str]:
        query = sa.select(job.c.said).where(job.c.state != "done")
        with self.runtime.database.reading() as connection:
            return list(connection.scalars(query))


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with base_world(tmp_path, database_url, DESK, "desk") as runtime:
        made = Desk(runtime)
        yield made
        assert made.failed() == []


def hour(number: int, minute: int = 0, day: int = 1, month: int = 6) -> datetime:
    return datetime(2026, month, day, number, minute, tzinfo=UTC)


def test_it_warns_and_is_over_once(desk: Desk) -> None:
    one = desk.ticket()
    assert desk.told(one, "due", "clock", "spent", "late") == (
        hour(12),
        "running",
        timedelta(0),
        False,
    )
    desk.later(hours=2, minutes=59)
    assert desk.told(one, "warned", "rung") == (0, 0)
    desk.later(minutes=1)
    assert desk.told(one, "warned", "clock") == (1, "running")
    desk.later(hours=1)
    assert desk.told(one, "warned", "rung", "nudged", "clock", "late") == (
        1,
        1,
        0,
        "overdue",
        True,
    )
    for nudged in (1, 2, 3, 3, 3):
        desk.later(hours=1)
        assert desk.told(one, "nudged", "rung", "warned") == (nudged, 1, 1)
    desk.set(one, state="answered")
    assert desk.told(one, "clock", "spent", "late") == (
        "missed",
        timedelta(hours=9),
        True,
    )
    assert desk.notes(one) == ["started", "overdue", "missed"]
    with reading(desk.runtime, Actor.system()) as reader:
        changed = reader.history("desk.ticket", one)
        told = feed(reader, "desk.ticket", one, ("clock",))
    assert "clock desk.first" in {entry.origin for entry in changed}
    assert [one.facts["what"] for one in told] == ["missed", "overdue", "started"]
    with desk.runtime.database.reading() as connection:
        assert connection.execute(timer.select()).all() == []


def test_a_pause_moves_its_end(desk: Desk) -> None:
    one = desk.ticket()
    desk.later(hours=1)
    version = desk.see(one)["version"]
    desk.set(one, state="waiting")
    assert desk.told(one, "due", "clock", "spent", "version") == (
        None,
        "paused",
        timedelta(hours=1),
        version + 1,
    )
    desk.later(days=30)
    assert desk.told(one, "warned", "rung") == (0, 0)
    desk.set(one, state="open")
    assert desk.told(one, "due", "clock") == (desk.at + timedelta(hours=3), "running")
    desk.later(hours=2)
    assert desk.see(one)["warned"] == 1
    desk.set(one, state="hold")
    desk.set(one, state="open")
    desk.later(minutes=30)
    # What was told before a pause is not told again.
    assert desk.see(one)["warned"] == 1
    desk.set(one, state="answered")
    assert desk.told(one, "clock", "spent") == ("met", timedelta(hours=3.5))
    desk.later(days=9)
    assert desk.told(one, "rung", "clock") == (0, "met")
    desk.set(one, state="new")
    assert desk.told(one, "clock") == ("met",)
    desk.set(one, state="reopened")
    assert desk.told(one, "clock", "due", "spent") == (
        "running",
        desk.at + timedelta(hours=4),
        timedelta(0),
    )
    desk.later(hours=4)
    assert desk.told(one, "warned", "rung", "clock") == (2, 1, "overdue")
    assert desk.notes(one)[-3:] == ["met", "restarted", "overdue"]


def test_what_is_answered_before_has_no_clock(desk: Desk) -> None:
    one = desk.ticket(state="answered")
    other = desk.ticket(state="parked")
    assert [desk.told(n, "clock", "due") for n in (one, other)] == [(None, None)] * 2
    third = desk.make("desk.ticket", name="no level")
    assert desk.told(third, "clock", "due") == ("running", None)
    desk.set(third, level=desk.level)
    assert desk.see(third)["due"] == hour(12)


def test_a_weekend_and_a_holiday_do_not_count(desk: Desk) -> None:
    desk.until(2026, 6, 5, 13)  # a Friday, three in Berlin: two hours are left of it
    one = desk.ticket(level=desk.office)
    assert desk.see(one)["due"] == hour(9, day=8)
    row = {"date": date(2026, 6, 8), "name": "Holiday"}
    desk.set(desk.calendar, "base.calendar", exceptions=[row])
    desk.worker.drain()
    assert desk.see(one)["due"] == hour(9, day=9)
    assert desk.notes(one) == ["started", "moved"]
    desk.until(2026, 6, 8, 12)
    assert desk.see(one)["clock"] == "running"
    desk.set(one, state="waiting")
    assert desk.see(one)["spent"] == timedelta(hours=2)
    desk.until(2026, 6, 13, 12)  # from a holiday to a Saturday
    desk.set(one, state="new")
    assert desk.see(one)["due"] == hour(9, day=15)
    desk.until(2026, 6, 15, 9)
    assert desk.told(one, "clock", "rung") == ("overdue", 1)


@pytest.mark.parametrize(
    ("began", "due"),
    [
        # From five to two on Sunday morning, when clocks go forward, and back.
        (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC)),
        # Over the 29th of February.
        (datetime(2028, 2, 28, 22, tzinfo=UTC), datetime(2028, 2, 29, 2, tzinfo=UTC)),
    ],
)
def test_days_that_are_longer_or_shorter(
    desk: Desk, began: datetime, due: datetime
) -> None:
    desk.at = began
    assert desk.see(desk.ticket())["due"] == due
    night = [{"weekday": "sunday", "begins": "00:00", "ends": "06:00"}]
    desk.set(desk.calendar, "base.calendar", hours=night)
    one = desk.ticket(level=desk.office)
    found = desk.see(one)["due"]
    # Four real hours of a Sunday, whatever the clocks on the walls show.
    sunday = began.replace(hour=0) + timedelta(days=(6 - began.weekday()) % 7)
    offset = {3: 1, 10: 2, 2: 1}[began.month]
    assert found == sunday - timedelta(hours=offset) + timedelta(hours=4)


def test_its_target_moves_its_end_with_a_note(desk: Desk) -> None:
    one, other = desk.ticket(), desk.ticket()
    desk.later(hours=3)
    assert desk.see(one)["warned"] == 1
    desk.set(desk.level, "desk.level", target=timedelta(hours=8))
    assert [desk.see(n)["due"] for n in (one, other)] == [hour(16)] * 2
    desk.later(hours=3)
    # The warning lies ahead again, so it is given again.
    assert desk.told(one, "warned", "rung", "clock") == (2, 0, "running")
    desk.set(desk.level, "desk.level", target=timedelta(hours=2))
    assert desk.told(one, "due", "clock") == (hour(10), "overdue")
    desk.worker.drain()
    assert desk.told(one, "rung", "nudged") == (1, 3)
    desk.set(desk.level, "desk.level", target=None)
    assert desk.told(one, "due", "clock") == (None, "running")
    assert desk.notes(one) == ["started", "moved", "moved", "overdue", "moved"]
    with desk.runtime.database.reading() as connection:
        query = sa.select(clock_note).where(clock_note.c.record == one)
        moved = connection.execute(query.order_by(clock_note.c.id)).all()[1]
    assert (moved.why, moved.was_due, moved.due) == ("target", hour(12), hour(16))


def test_a_clock_of_the_machine_that_goes_back(desk: Desk) -> None:
    one = desk.ticket()
    desk.later(hours=4)
    assert desk.told(one, "warned", "rung", "clock") == (1, 1, "overdue")
    desk.later(hours=-3)
    desk.set(one, name="again")
    assert desk.told(one, "clock") == ("overdue",)
    desk.later(hours=3)
    assert desk.told(one, "warned", "rung") == (1, 1)
    desk.later(hours=-9)
    desk.set(one, state="waiting")
    assert desk.told(one, "spent") == (timedelta(0),)
    second = desk.ticket()
    desk.later(hours=-1)
    desk.set(second, state="answered")
    assert desk.told(second, "spent", "clock") == (timedelta(0), "met")


def test_it_follows_records_that_lead_to_its_own(desk: Desk) -> None:
    one = desk.ticket()
    assert desk.see(one)["second"] is None
    desk.make("desk.answer", text="a", ticket=one)
    assert desk.see(one)["second"] == "running"
    desk.later(hours=1)
    assert desk.see(one)["second"] == "overdue"
    last = desk.make("desk.answer", text="b", ticket=one)
    assert desk.see(one)["second"] == "met"
    with transaction(desk.runtime, Actor.system()) as tx:
        tx.delete("desk.answer", last)
    assert desk.see(one)["second"] == "met"


def test_an_archived_record_is_left_alone_and_a_deleted_one_forgotten(
    desk: Desk,
) -> None:
    one, other = desk.ticket(), desk.ticket()
    with transaction(desk.runtime, Actor.system()) as tx:
        tx.archive("desk.ticket", one)
        tx.delete("desk.ticket", other)
    desk.later(hours=5)
    assert desk.told(one, "warned", "rung", "clock") == (0, 0, "overdue")
    with desk.runtime.database.reading() as connection:
        for table in (clock_table, clock_note, timer):
            rows = connection.execute(sa.select(table.c.record)).scalars()
            assert other not in set(rows)


def test_nobody_types_what_it_keeps(desk: Desk) -> None:
    from core.services import ValidationFailed

    one = desk.ticket()
    with pytest.raises(ValidationFailed, match="cannot be changed"):
        desk.set(one, due=hour(23))
    with pytest.raises(ValidationFailed, match="cannot be changed"):
        desk.ticket(clock="met")
