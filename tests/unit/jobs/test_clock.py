"""Schedules and timers: run by the clock, once each, row by row, and made up once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.jobs import Dispatcher
from core.jobs.queue import LEASE, take
from core.jobs.schedules import ScheduleConsumer
from core.jobs.timers import TimerConsumer
from core.services import Actor, Runtime, reading, transaction
from core.services.context import Clock
from core.services.jobs import list_jobs, replay_jobs, waiting
from core.services.schedules import planned, run_now
from core.storage import job, timer
from tests.unit.services.base_world import base_world

WORK = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/task.yml
entity: work.task
title: name
timeline: true
archive: true
fields:
  name: {type: text, required: true}
  state: {type: choice}
  due: {type: date}
  rung: {type: integer, default: 0, max: 3}
  note: {type: text}
== work/workflows/task.yml
workflow: work.task
entity: work.task
state: state
states: {open: {}, waiting: {}, done: {kind: closed}}
transitions:
  wait: {from: open, to: waiting}
  end: {from: any, to: done}
timers:
  ring:
    in: [open, waiting]
    after: 2 days
    when: note is null
    do: [{set: {rung: "=rung + 1"}}]
    repeat: {every: 1 day, most: 3}
  expire:
    in: waiting
    at: due - days(1)
    do: [{transition: {name: end}}]
== work/schedules.yml
schedule: work.nightly
every: day
at: "03:00"
zone: Europe/Berlin
for_each:
  in: rows(work.task)
  as: t
  where: t.state == 'open'
  do: [{update: {in: t, set: {rung: "=it.rung + 1"}}}]
---
schedule: work.monthly
every: month
days: [last]
when: exists(rows(work.task))
do: [{create: {entity: work.task, values: {name: "=text(today())"}}}]
---
schedule: work.off
every: hour
enabled: false
do: [{create: {entity: work.task, values: {name: never}}}]
"""


class Work:
    """Tasks and a worker whose clock the test moves; it begins on 1 June at noon."""

    def __init__(self, runtime: Runtime) -> None:
        self.at = datetime(2026, 6, 1, 12, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled, runtime.database, clock=Clock(lambda: self.at)
        )
        self.consumers = [ScheduleConsumer(self.runtime), TimerConsumer(self.runtime)]
        self.worker = Dispatcher(
            runtime.database, lambda: self.consumers, lambda: self.at
        )
        self.worker.drain()

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)
        self.worker.drain()

    def make(self, name: str, **values: Any) -> int:
        with transaction(self.runtime, Actor.system()) as tx:
            return tx.create("work.task", {"name": name, **values}).id or 0

    def press(self, id_: int, action: str) -> None:
        with transaction(self.runtime, Actor.system()) as tx:
            tx.run_action("work.task", id_, action)

    def task(self, id_: int) -> dict[str, Any]:
        with reading(self.runtime, Actor.system()) as reader:
            return dict(reader.get("work.task", id_).values)

    def names(self) -> list[str]:
        with reading(self.runtime, Actor.system()) as reader:
            return sorted(one["name"] for one in reader.search("work.task").items)

    def jobs(self, kind: str) -> list[tuple[str, str | None]]:
        with reading(self.runtime, Actor.system()) as reader:
            found = list_jobs(reader, kind=kind)
        return [(one.state, one.said) for one in reversed(found)]

    def timers(self) -> int:
        with self.runtime.database.reading() as connection:
            query = sa.select(sa.func.count()).select_from(timer)
            return int(connection.execute(query).scalar_one())


@pytest.fixture
def work(tmp_path: Path, database_url: str) -> Iterator[Work]:
    with base_world(tmp_path, database_url, WORK, "work") as runtime:
        yield Work(runtime)


def test_rows_of_a_run_are_transactions_of_their_own(work: Work) -> None:
    ids = [work.make(name) for name in "abc"]
    with transaction(work.runtime, Actor.system()) as tx:
        tx.update("work.task", ids[1], {"rung": 3})
    work.later(hours=14)
    # b is at its limit, so its row fails and the others are done.
    assert [work.task(id_)["rung"] for id_ in ids] == [1, 3, 1]
    ((state, said),) = work.jobs("schedule")
    assert state == "dead"
    assert said is not None
    assert said.startswith("2 done, 1 failed.")
    with transaction(work.runtime, Actor.system()) as tx:
        tx.update("work.task", ids[1], {"rung": 0})
        assert replay_jobs(tx) == 1
    work.worker.drain()
    # Tried again are only the rows that failed.
    assert [work.task(id_)["rung"] for id_ in ids] == [1, 1, 1]
    assert work.jobs("schedule") == [("done", "3 done")]
    with reading(work.runtime, Actor.system()) as reader:
        entry = reader.history("work.task", ids[0])[0]
    assert (entry.origin, entry.via) == ("schedule work.nightly", "job")


def test_missed_runs_are_made_up_once(work: Work) -> None:
    work.later(days=35)
    assert work.jobs("schedule") == [
        ("done", "0 done"),
        ("done", "Its condition did not hold."),
    ]
    work.make("x", note="quiet")
    work.later(days=60)
    assert work.names() == ["Sep 4, 2026", "x"]
    assert work.task(1)["rung"] == 1
    # The clock goes back two hours: what ran does not run again.
    before = work.jobs("schedule")
    work.later(hours=-2)
    work.later(hours=2)
    assert work.jobs("schedule") == before


def test_an_interrupted_run_goes_on_behind_the_last_row(work: Work) -> None:
    ids = [work.make(name) for name in "abc"]
    work.at += timedelta(hours=14)
    with work.runtime.database.writing() as connection:
        assert work.consumers[0].wake(connection, work.at) == 1
    (held,) = take(work.runtime.database, work.at)
    schedule = work.consumers[0]

    class Killed(BaseException):
        """The process ends here."""

    done = []
    row = schedule._row

    def dying(*given: Any) -> None:
        if len(done) == 2:
            raise Killed
        row(*given)
        done.append(given[3])

    schedule._row = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        schedule.run(held)
    schedule._row = row  # type: ignore[method-assign]
    work.at += LEASE * 2
    work.worker.drain()
    assert done == ids[:2]
    assert [work.task(id_)["rung"] for id_ in ids] == [1, 1, 1]


def test_runs_at_once_when_told_to(work: Work) -> None:
    work.make("x", note="quiet")
    with transaction(work.runtime, Actor.system()) as tx:
        run_now(tx, "work.monthly")
    work.worker.drain()
    assert work.names() == ["Jun 1, 2026", "x"]
    with reading(work.runtime, Actor.system()) as reader:
        shown = {one.id: one for one in planned(reader)}
    assert shown["work.nightly"].next_at == datetime(2026, 6, 2, 1, tzinfo=UTC)
    assert shown["work.monthly"].last_at == work.at
    assert shown["work.off"].next_at is None


def test_timers_ring_until_the_state_is_left(work: Work) -> None:
    id_ = work.make("x")
    assert work.timers() == 1
    work.later(hours=47)
    assert work.task(id_)["rung"] == 1
    work.later(hours=1)
    assert work.task(id_)["rung"] == 2
    work.press(id_, "wait")
    work.later(days=1)
    # The nightly run is for open tasks only; the timer counts on over both states.
    assert work.task(id_)["rung"] == 3
    with reading(work.runtime, Actor.system()) as reader:
        assert waiting(reader).timers == 1
    work.press(id_, "end")
    assert work.timers() == 0
    work.later(days=9)
    assert work.task(id_)["rung"] == 3


def test_a_timer_follows_the_field_that_it_reads(work: Work) -> None:
    id_ = work.make("x", due="2026-06-20", note="quiet")
    work.press(id_, "wait")
    with transaction(work.runtime, Actor.system()) as tx:
        tx.update("work.task", id_, {"due": "2026-06-10"})
    work.later(days=7)
    assert work.task(id_)["state"] == "waiting"
    work.later(days=1)
    assert work.task(id_)["state"] == "done"
    with reading(work.runtime, Actor.system()) as reader:
        entry = reader.history("work.task", id_)[0]
    assert entry.origin == "workflow work.task/timers/expire"
    assert entry.transition == "end"


def test_a_timer_whose_state_was_left_meanwhile_does_nothing(work: Work) -> None:
    id_ = work.make("x", due="2026-06-10", note="quiet")
    work.press(id_, "wait")
    work.at += timedelta(days=9)
    with work.runtime.database.writing() as connection:
        assert work.consumers[1].wake(connection, work.at) == 2
    work.press(id_, "end")
    work.worker.drain()
    said = {said for _, said in work.jobs("timer")}
    assert said == {"The record has left the state before."}
    other = work.make("y")
    with transaction(work.runtime, Actor.system()) as tx:
        tx.delete("work.task", other)
    assert work.timers() == 0


def test_pending_timers_are_found_by_an_index(work: Work) -> None:
    query = "SELECT id FROM platform_timer WHERE due_at <= '2026-01-01'"
    if work.runtime.database.kind == "sqlite":
        with work.runtime.database.reading() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
        assert "platform_timer_due" in plan
    assert {index.name for index in timer.indexes} >= {"platform_timer_due"}
    assert job.c.event is not None
