"""Automations after their event: each effect once, tried again, given up, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.jobs import Dispatcher, TryAgain
from core.jobs.automations import AutomationConsumer
from core.jobs.outbox import hand_on
from core.jobs.queue import LEASE, TRIES, take
from core.services import Actor, Runtime, reading, transaction
from core.storage import job
from core.storage.names import consumer_name
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
fields:
  name: {type: text, required: true}
  step: {type: integer, default: 0}
  zone: {type: text}
  board: {type: link, to: work.board}
== work/entities/board.yml
entity: work.board
title: name
fields:
  name: {type: text, required: true}
  total: {type: integer, default: 0, max: 3}
  turns: {type: integer, default: 0}
== work/automations/tasks.yml
automation: work.count
event: work.task.updated
changes: [step]
when: step > old.step
run: after
do:
  - update: {in: board, set: {total: "=it.total + 1"}}
  - set: {zone: "=concat(text(today()), ' ', me.name)"}
---
automation: work.round
event: work.board.updated
changes: [turns]
run: after
do: [{set: {turns: "=turns + 1"}}]
"""


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, WORK, "work") as made:
        yield made


class Work:
    """A board with a task, and a worker whose clock the test moves."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.at = datetime(2030, 1, 1, tzinfo=UTC)
        with transaction(runtime, Actor.system()) as tx:
            self.board = tx.create("work.board", {"name": "B"}).id or 0
            values = {"name": "T", "board": self.board}
            self.task = tx.create("work.task", values).id or 0
        self.worker = Dispatcher(
            runtime.database, lambda: [AutomationConsumer(runtime)], lambda: self.at
        )
        self.worker.drain()

    def step(self, number: int) -> None:
        actor = Actor(1, "clerk", is_admin=True, zone="Asia/Tokyo")
        with transaction(self.runtime, actor) as tx:
            tx.update("work.task", self.task, {"step": number})

    @property
    def total(self) -> Any:
        with reading(self.runtime, Actor.system()) as reader:
            return reader.get("work.board", self.board)["total"]

    def jobs(self) -> list[Any]:
        with self.runtime.database.reading() as connection:
            return list(connection.execute(job.select().order_by(job.c.id)))


def test_each_effect_once_on_behalf_of_the_person(runtime: Runtime) -> None:
    work = Work(runtime)
    work.step(1)
    assert (work.total, work.worker.drain()) == (0, 4)
    assert work.total == 1
    # Its own change of `zone` is no change of `step`: nothing more to do.
    assert work.worker.drain() == 0
    with reading(runtime, Actor.system()) as reader:
        entry = reader.history("work.board", work.board)[0]
    assert (entry.actor, entry.via) == (1, "job")
    assert entry.origin == "automation work.count"
    assert [(one.state, one.attempts) for one in work.jobs()] == [("done", 1)]


def test_a_worker_that_dies_after_its_work_is_not_followed(runtime: Runtime) -> None:
    work = Work(runtime)
    consumer = AutomationConsumer(runtime)
    work.step(1)
    hand_on(runtime.database, [consumer], work.at)
    (held,) = take(runtime.database, work.at)
    consumer.run(held)
    # Killed here: nobody says that it is done, and the lease runs out.
    work.at += LEASE * 2
    assert take(runtime.database, work.at) == []
    assert work.total == 1


def test_a_worker_that_comes_back_late_does_nothing(runtime: Runtime) -> None:
    work = Work(runtime)
    consumer = AutomationConsumer(runtime)
    work.step(1)
    hand_on(runtime.database, [consumer], work.at)
    (late,) = take(runtime.database, work.at)
    (held,) = take(runtime.database, work.at + LEASE * 2)
    with pytest.raises(TryAgain, match="Another worker"):
        consumer.run(late)
    assert work.total == 0
    consumer.run(held)
    assert work.total == 1


def test_what_fails_is_tried_again_and_given_up(runtime: Runtime) -> None:
    work = Work(runtime)
    for number in range(1, 5):
        work.step(number)
    work.worker.drain()
    assert work.total == 3
    waiting = work.jobs()[3]
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "at most 3" in waiting.said
    for _ in range(TRIES):
        work.at += timedelta(days=1)
        work.worker.drain()
    assert [one.state for one in work.jobs()] == ["done"] * 3 + ["dead"]
    assert work.total == 3


def test_a_chain_over_commits_ends_too(runtime: Runtime) -> None:
    work = Work(runtime)
    with transaction(runtime, Actor.system()) as tx:
        tx.update("work.board", work.board, {"turns": 1})
    work.worker.drain()
    last = work.jobs()[-1]
    assert last.state == "dead"
    assert "without end: work.round → work.round" in last.said
    with reading(runtime, Actor.system()) as reader:
        assert reader.get("work.board", work.board)["turns"] == 9


def test_names_of_consumers_fit() -> None:
    long = f"{'m' * 40}.{'a' * 40}"
    assert consumer_name("automation", "work.count") == "automation:work.count"
    names = {consumer_name("automation", long), consumer_name("automation", long[:-1])}
    assert {len(one) for one in names} == {80}
