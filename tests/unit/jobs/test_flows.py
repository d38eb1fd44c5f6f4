"""Flows: from rest to rest, woken by events, the clock and people, undone, left."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.jobs.outbox import hand_on
from core.jobs.queue import LEASE, take
from core.services import Actor, TransitionRefused, transaction
from core.services.flows.ending import cancel
from core.services.flows.instances import locked
from core.services.flows.running import advance, drawn
from core.services.flows.starting import start
from core.storage import flow, flow_heard
from tests.unit.jobs.flow_world import WORK, Work
from tests.unit.services.base_world import base_world


@pytest.fixture
def work(tmp_path: Path, database_url: str) -> Iterator[Work]:
    with base_world(tmp_path, database_url, WORK, "work") as runtime:
        yield Work(runtime)


def test_a_flow_rests_is_woken_and_ends(work: Work) -> None:
    work.make("none")
    task = work.make("t")
    (one,) = work.flows()
    assert (one.state, one.step, one.code) == ("held", "payment", "unpaid")
    assert one.said == "t is not paid"
    # What the flow itself writes does not wake it; the look for missed events is over.
    assert (one.due_at, one.fresh) == (work.at + timedelta(days=1), False)
    assert work.record(task)["note"] == "asked"
    work.change(task, paid=True)
    assert work.rests() == [("held", "stock")]
    assert work.boxes() == [("t", "open")]
    work.change(task, stock=1)
    assert work.rests() == [("held", "stock")]
    work.later(days=2)
    assert work.rests() == [("waiting", "sent")]
    assert work.record(task)["tries"] == 2
    other = work.make("other", "work.box")
    work.press(other, "send", "work.box")
    assert work.rests() == [("waiting", "sent")]
    work.press(1, "send", "work.box")
    assert work.rests() == [("done", None)]
    assert work.record(task)["note"] == "t sent"
    assert work.notes(one.id) == [
        ("started", None, None),
        ("held", "payment", "t is not paid"),
        ("done", "payment", "event"),
        ("done", "box", None),
        ("held", "stock", "Short"),
        ("done", "stock", "clock"),
        ("waiting", "sent", None),
        ("done", "sent", "event"),
        ("done", "last", None),
        ("done", None, None),
    ]


def test_cancelling_undoes_the_last_step_first(work: Work) -> None:
    task = work.make("t", paid=True, stock=0)
    (one,) = work.flows()
    work.change(task, stock=7)
    with transaction(work.runtime, Actor(1, "boss", is_admin=True)) as tx:
        assert cancel(tx, one.id, "Not wanted")
    assert work.boxes() == [("t", "dropped")]
    assert work.record(task)["stock"] == 0
    assert work.notes(one.id)[-3:] == [
        ("undone", "stock", None),
        ("undone", "box", None),
        ("cancelled", None, "Not wanted"),
    ]
    with transaction(work.runtime, Actor.system()) as tx:
        assert not cancel(tx, one.id)
    # Its key is free again.
    with transaction(work.runtime, Actor.system()) as tx:
        record = tx.get("work.task", task)
        assert start(tx, "work.hand_over", record)[1]
        assert not start(tx, "work.hand_over", record)[1]


def test_what_cannot_be_undone_cancels_nothing(work: Work) -> None:
    work.make("t", paid=True)
    (one,) = work.flows()
    work.press(1, "drop", "work.box")
    with transaction(work.runtime, Actor.system()) as tx:
        tx.update("work.task", 1, {"note": "x"})
        # The box is dropped already, so it cannot be dropped again.
        with pytest.raises(TransitionRefused):
            cancel(tx, one.id)
    assert work.rests() == [("held", "stock")]


def test_a_hold_gives_up(work: Work) -> None:
    task = work.make("t")
    work.later(days=29)
    assert work.rests() == [("held", "payment")]
    work.later(days=1)
    (one,) = work.flows()
    assert (one.state, one.code, one.said) == ("cancelled", "unpaid", "t is not paid")
    assert one.ended_at == work.at
    # A day for a day, and one reason is noted once.
    assert Counter(state for state, *_ in work.notes(one.id))["held"] == 1
    assert work.record(task)["note"] == "asked"


def test_a_flow_is_left_as_soon_as_its_goal_is_reached(work: Work) -> None:
    task = work.make("t", paid=True)
    assert work.rests() == [("held", "stock")]
    work.change(task, gone=True)
    assert work.rests() == [("left", "stock")]
    assert work.record(task)["tries"] == 1


def test_ways_back_end_and_days_are_those_of_the_zone(work: Work) -> None:
    # 2028 has a 29 February; in Berlin the day begins at 23:00 of the day before.
    task = work.make("none", due="2028-02-29")
    work.press(task, "care")
    (one,) = work.flows("work.care")
    assert one.rest_until == datetime(2028, 2, 28, 23, tzinfo=UTC)
    work.at = one.rest_until - timedelta(seconds=1)
    work.worker.drain()
    assert work.rests("work.care") == [("waiting", "day")]
    work.later(seconds=1)
    assert work.rests("work.care") == [("waiting", "two")]
    for stock in (2, 4):
        work.later(days=2)
        assert work.record(task)["stock"] == stock
    work.later(days=2)
    assert work.rests("work.care") == [("done", None)]
    assert (work.record(task)["stock"], work.record(task)["note"]) == (6, "pressed")
    # After the change to summer time a day begins an hour earlier.
    work.change(task, due="2028-03-27", stock=0)
    work.press(task, "care")
    assert work.flows("work.care")[1].rest_until == datetime(
        2028, 3, 26, 22, tzinfo=UTC
    )
    work.press(task, "end_care")
    assert work.rests("work.care")[1] == ("cancelled", "day")


def test_a_clock_that_was_set_back_ends_no_wait(work: Work) -> None:
    task = work.make("none", due="2026-03-03")
    work.press(task, "care")
    (one,) = work.flows("work.care")
    with work.runtime.database.writing() as connection:
        early = sa.update(flow).values(due_at=work.at)
        connection.execute(early.where(flow.c.id == one.id))
    work.worker.drain()
    (now,) = work.flows("work.care")
    assert (now.state, now.step, now.due_at) == ("waiting", "day", one.rest_until)


def test_a_step_that_fails_is_tried_again_with_growing_pauses(work: Work) -> None:
    box = work.make("b", "work.box", size=3)
    (one,) = work.flows("work.fill")
    assert (one.state, one.code) == ("failed", "less")
    assert "did not come out as it should" in one.said
    # Nothing of what it did is left.
    assert work.record(box, "work.box")["size"] == 3
    for minutes in (1, 2, 4):
        assert work.flows("work.fill")[0].due_at == work.at + timedelta(minutes=minutes)
        work.later(minutes=minutes)
    (one,) = work.flows("work.fill")
    assert (one.state, one.due_at, one.states) == ("failed", None, {"less": "failed"})
    assert [state for state, *_ in work.notes(one.id)] == ["started"] + ["failed"] * 4


def test_an_event_twice_and_out_of_order_is_one_turn(work: Work) -> None:
    # The box is sent before anybody waits for it; the flow goes on after its time.
    task = work.make("t", paid=True)
    work.press(1, "send", "work.box")
    work.change(task, stock=1)
    work.later(days=2)
    assert work.rests() == [("waiting", "sent")]
    (one,) = work.flows()
    with transaction(work.runtime, Actor.system()) as tx:
        assert advance(tx, one.id, one.turn - 1, "event") == "It has gone on since."
    with transaction(work.runtime, Actor.system()) as tx:
        assert advance(tx, one.id, one.turn, "event") == "done"
    with transaction(work.runtime, Actor.system()) as tx:
        assert advance(tx, one.id, one.turn, "event") == "It has ended before."
    assert work.record(task)["note"] == "t sent"


def test_an_event_during_a_turn_is_not_missed(work: Work) -> None:
    task = work.make("t")
    (one,) = work.flows()
    # As if the event had been handed on after the step looked, before it rested.
    with work.runtime.database.writing() as connection:
        connection.execute(
            sa.insert(flow_heard).values(
                at=work.at, event="work.task.updated", record=task
            )
        )
        fresh = sa.update(flow).where(flow.c.id == one.id)
        connection.execute(fresh.values(fresh=True, due_at=work.at))
    before = len(work.jobs())
    work.worker.drain()
    assert len(work.jobs()) == before + 1
    (now,) = work.flows()
    # It heard that event now, and is not woken by it again.
    assert (now.turn, now.fresh, now.heard > one.heard) == (one.turn + 1, False, True)


def test_a_worker_that_is_killed_leaves_the_last_rest(work: Work) -> None:
    task = work.make("t")
    with transaction(work.runtime, Actor.system()) as tx:
        tx.update("work.task", task, {"paid": True})
    hand_on(work.runtime.database, [work.consumer], work.at)
    with work.runtime.database.writing() as connection:
        assert work.consumer.wake(connection, work.at) == 1
    taken = take(work.runtime.database, work.at)
    (held,) = (one for one in taken if "instance" in one.payload)

    class Killed(BaseException):
        """The process ends here."""

    run = work.consumer.run

    def die() -> None:
        with transaction(work.runtime, Actor.system()) as tx:
            advance(tx, held.payload["instance"], held.payload["turn"], "event")
            raise Killed

    with pytest.raises(Killed):
        die()
    assert (work.rests(), work.boxes()) == ([("held", "payment")], [])
    # Killed after its work, before anybody was told: it is not done twice.
    run(held)
    work.later(seconds=2 * LEASE.total_seconds())
    assert (work.rests(), work.boxes()) == ([("held", "stock")], [("t", "open")])


def test_one_instance_of_a_key_under_parallel_starts(work: Work) -> None:
    task = work.make("none")
    found: list[tuple[int, bool]] = []
    ready = threading.Barrier(4)

    def begin() -> None:
        ready.wait()
        with transaction(work.runtime, Actor.system()) as tx:
            found.append(start(tx, "work.hand_over", tx.get("work.task", task)))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({id_ for id_, _ in found}) == 1
    assert sorted(fresh for _, fresh in found) == [False, False, False, True]
    work.worker.drain()
    assert work.rests() == [("held", "payment")]


def test_flows_that_follow_on_themselves_end_by_name(work: Work) -> None:
    task = work.make("round")
    work.press(task, "round")
    found = work.flows("work.round")
    assert len(found) == 9
    assert [one.state for one in found] == ["done"] * 8 + ["failed"]
    assert "work.round → work.round" in found[-1].said
    assert work.record(task)["stock"] == 8


def test_a_split_draws_by_its_shares(work: Work) -> None:
    shares = {"a": 25, "b": 75}
    found = Counter(drawn(number, "draw", shares) for number in range(2000))
    assert 400 < found["a"] < 600
    assert found["a"] + found["b"] == 2000
    box = work.make("x", "work.box")
    work.press(box, "send", "work.box")
    (one,) = work.flows("work.shares")
    share = work.record(box, "work.box")["share"]
    assert share == drawn(one.id, "draw", shares)
    other = "b" if share == "a" else "a"
    assert one.states == {"draw": "done", share: "done"}
    assert other not in one.states


def test_instances_go_with_their_record(work: Work) -> None:
    task = work.make("t")
    with transaction(work.runtime, Actor.system()) as tx:
        tx.delete("work.task", task)
    work.later(days=2)
    assert work.flows() == []
    with transaction(work.runtime, Actor.system()) as tx:
        assert locked(tx, 1) is None
